"""Bearer tokens: what they allow and until when. Of a secret only its hash is kept."""

from collections.abc import Callable
from hashlib import sha256

from msgspec.structs import replace

from hexdesk.application.control.errors import invalid, unknown
from hexdesk.application.control.paging import page_of
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import HexdeskError
from hexdesk.ports.control import ALL_SCOPES, Caller, ControlError, Page, Reason, Scope
from hexdesk.ports.control_requests import CreateToken, ListTokens, NewToken, RevokeToken
from hexdesk.ports.control_state import TokenRecord, TokenStore
from hexdesk.ports.control_views import TokenInfo

LOCAL = "local"
"""Who calls from this machine while there is no token at all; no token may be called so."""
NAME_LENGTH_MAX = 63
TOKENS_MAX = 1_000
DAY_NS = 24 * 3_600 * NS_PER_SECOND
TTL_DEFAULT_NS = 90 * DAY_NS
TTL_MAX_NS = 366 * DAY_NS


class Tokens:
    """The tokens of one desk."""

    def __init__(self, store: TokenStore, make_secret: Callable[[], str]) -> None:
        """Take up those of earlier runs; `make_secret` gives at least 128 unguessable bits."""
        self._store = store
        self._make_secret = make_secret
        self._by_name: dict[str, TokenRecord] = {}
        self._by_digest: dict[str, TokenRecord] = {}
        for record in store.load():
            self._keep(record)

    def identify(self, secret: str, peer: str, now_ns: TimeNs) -> Caller:
        """Return who a secret belongs to; an empty one is `local` while there is no token.

        Raises:
            ControlError: It belongs to nobody, or does not hold any more.
        """
        if not secret and not self._by_name:
            return Caller(subject=LOCAL, scopes=ALL_SCOPES, peer=peer)
        record = self._by_digest.get(digest_of(secret))
        if record is None or not is_alive(record, now_ns):
            raise ControlError(
                Reason.TOKEN_INVALID,
                "the token is unknown, expired or revoked" if secret else "a token is needed",
                remedy="hexdesk token create NAME --scope read, then HEXDESK_TOKEN=...",
            )
        return Caller(
            subject=record.name,
            scopes=frozenset(record.scopes),
            peer=peer,
            expire_ns=record.expire_ns,
        )

    def check(self, caller: Caller, now_ns: TimeNs) -> None:
        """Refuse a caller whose token does not hold any more."""
        record = self._by_name.get(caller.subject)
        is_over = caller.expire_ns and caller.expire_ns <= now_ns
        if is_over or (record is not None and record.revoke_ns):
            raise ControlError(Reason.TOKEN_INVALID, f"the token {caller.subject!r} is over")

    def create(self, request: CreateToken, now_ns: TimeNs) -> NewToken:
        """Make a token; its secret is in this answer alone."""
        name = request.name
        if not is_name(name) or name == LOCAL:
            text = f"expected 1-{NAME_LENGTH_MAX} lower-case letters, digits and dashes"
            raise invalid("token_id", text)
        if name in self._by_name:
            raise invalid("token_id", f"{name!r} is taken: names are never used twice")
        if not request.scopes:
            raise invalid("scopes", "expected at least one of read, trade, risk, admin")
        if Scope.ADMIN not in request.scopes and not self._admins(now_ns):
            raise ControlError(
                Reason.STATE_WRONG,
                "the first token needs the scope admin: with others alone nobody could make more",
                remedy="hexdesk token create admin --scope read --scope trade --scope risk"
                " --scope admin",
            )
        ttl_ns = request.ttl_ns or TTL_DEFAULT_NS
        if not 0 < ttl_ns <= TTL_MAX_NS:
            raise invalid("ttl", "expected at most 366 days")
        if len(self._by_name) >= TOKENS_MAX:
            raise ControlError(Reason.LIMIT_REACHED, f"there are {TOKENS_MAX} tokens")
        secret = "" if request.dry_run else f"hdx_{self._make_secret()}"
        record = TokenRecord(
            name=name,
            digest=digest_of(secret),
            scopes=tuple(sorted(request.scopes)),
            create_ns=now_ns,
            expire_ns=now_ns + ttl_ns,
            author=request.author,
        )
        if not request.dry_run:
            self._write(record)
        return NewToken(token=token_info(record), secret=secret)

    def revoke(self, request: RevokeToken, now_ns: TimeNs) -> TokenInfo:
        """End a token; one that is over stays as it is."""
        record = self._by_name.get(request.name)
        if record is None:
            raise unknown("token", request.name, "hexdesk token list shows those that are there")
        if self._admins(now_ns) == [record.name]:
            raise ControlError(
                Reason.STATE_WRONG,
                f"{record.name!r} is the last token with the scope admin",
                remedy="make another one first",
            )
        if not request.dry_run and not record.revoke_ns:
            record = replace(record, revoke_ns=now_ns)
            self._write(record)
        return token_info(record)

    def page(self, query: ListTokens) -> Page[TokenInfo]:
        """Return all tokens, by name."""
        return page_of(query, sorted(self._by_name.items()), token_info)

    def admin_count(self, now_ns: TimeNs) -> int:
        """Return how many tokens with the scope admin hold."""
        return len(self._admins(now_ns))

    def _admins(self, now_ns: TimeNs) -> list[str]:
        return [
            name
            for name, record in self._by_name.items()
            if Scope.ADMIN in record.scopes and is_alive(record, now_ns)
        ]

    def _write(self, record: TokenRecord) -> None:
        try:
            self._store.append(record)
        except (OSError, HexdeskError) as error:
            raise ControlError(
                Reason.STORE_UNWRITABLE,
                f"the token cannot be written down: {error}",
                remedy="free space in the state folder",
            ) from error
        self._keep(record)

    def _keep(self, record: TokenRecord) -> None:
        self._by_name[record.name] = record
        self._by_digest[record.digest] = record


def digest_of(secret: str) -> str:
    """Return what is kept of a secret. It is random, so one round of SHA-256 tells nothing."""
    return sha256(secret.encode(errors="backslashreplace")).hexdigest()


def is_alive(record: TokenRecord, now_ns: TimeNs) -> bool:
    """Whether a token still holds."""
    return not record.revoke_ns and record.expire_ns > now_ns


def is_name(name: str) -> bool:
    """Whether a token may be called so."""
    bare = name.replace("-", "")
    return (
        0 < len(name) <= NAME_LENGTH_MAX
        and bare.isascii()
        and bare.isalnum()
        and name == name.lower()
        and name[0] != "-"
    )


def token_info(record: TokenRecord) -> TokenInfo:
    """Return a token without anything of its secret."""
    return TokenInfo(
        name=record.name,
        scopes=tuple(record.scopes),
        create_ns=record.create_ns,
        expire_ns=record.expire_ns,
        revoke_ns=record.revoke_ns,
        author=record.author,
    )
