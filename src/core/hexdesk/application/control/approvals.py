"""Two persons for what cannot be undone on a live desk: one asks, another agrees, one repeats.

What was asked is kept over a restart: no number ever means another call than it did.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.control.answers import digest_of
from hexdesk.application.control.audit import json_of
from hexdesk.application.control.errors import unknown
from hexdesk.application.control.paging import page_of
from hexdesk.application.control.tokens import Tokens
from hexdesk.application.desk import Desk
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import HexdeskError
from hexdesk.ports.control import Caller, ControlError, Mutation, Page, Reason
from hexdesk.ports.control_approvals import ApproveCall, DenyCall, ListApprovals
from hexdesk.ports.control_requests import ArmLive, CreateToken
from hexdesk.ports.control_state import ApprovalRecord, ApprovalState, ApprovalStore
from hexdesk.ports.runtime import Runtime

TTL_NS = 600 * NS_PER_SECOND
WAITING_MAX = 100
KEPT_MAX = 1_000
PERSONS = 2
_OPEN = (ApprovalState.PENDING, ApprovalState.APPROVED)
_LARGEST = 10**9


class Approvals:
    """What was asked of a second person on one desk."""

    def __init__(
        self,
        desk: Desk,
        runtime: Runtime,
        tokens: Tokens,
        store: ApprovalStore,
        wall_ns: Callable[[], TimeNs],
    ) -> None:
        """Take up what an earlier run left."""
        self._desk = desk
        self._runtime = runtime
        self._tokens = tokens
        self._store = store
        self._wall_ns = wall_ns
        self._kept: dict[int, ApprovalRecord] = {}
        for record in store.load():
            self._keep(record)

    # --- around a call -------------------------------------------------------------------------

    def demand(
        self, caller: Caller, mutation: Mutation[Any], rehearse: Callable[[], object]
    ) -> int:
        """Return the approval that a call may use up; 0 where it needs none.

        Args:
            caller: Who calls.
            mutation: What they ask.
            rehearse: Raises what the call would be refused with anyway.

        Raises:
            ControlError: Somebody else must agree first; what was asked is kept.
        """
        if not self._is_needed(mutation):
            return 0
        return self.agreed(caller.subject, mutation, rehearse).number

    def agreed(
        self, subject: str, mutation: Mutation[Any], rehearse: Callable[[], object]
    ) -> ApprovalRecord:
        """Return what somebody else agreed to, for a call that needs it; see `demand`."""
        digest = digest_of(replace(mutation, request_id=""))
        for found in map(self._now, reversed(self._kept.values())):
            if (found.digest, found.requested_by) == (digest, subject):
                if found.state is ApprovalState.APPROVED:
                    return found
                if found.state is ApprovalState.PENDING:
                    raise _required(found)
        rehearse()
        raise _required(self._ask(subject, mutation, digest))

    def use(self, number: int) -> None:
        """Note that a call was carried out with an approval."""
        if number:
            self._write(replace(self._kept[number], state=ApprovalState.USED))

    def give_back(self, number: int) -> None:
        """Note that the call was refused after all: it may be repeated."""
        if number:
            self._write(replace(self._kept[number], state=ApprovalState.APPROVED))

    # --- use cases -----------------------------------------------------------------------------

    def page(self, query: ListApprovals) -> Page[ApprovalRecord]:
        """Return what is kept, newest first."""
        items = ((f"{_LARGEST - each:010}", self._kept[each]) for each in reversed(self._kept))
        return page_of(query, items, self._now)

    def approve(self, request: ApproveCall, _now_ns: TimeNs) -> ApprovalRecord:
        """Agree to what another person asked."""
        found = self._open(request.number)
        if found.requested_by == request.author:
            raise ControlError(
                Reason.STATE_WRONG,
                f"{request.author!r} asked for it: another person must agree",
                remedy="let someone with a token of their own, scope admin, approve it",
            )
        return self._decide(found, ApprovalState.APPROVED, request)

    def deny(self, request: DenyCall, _now_ns: TimeNs) -> ApprovalRecord:
        """Refuse it."""
        return self._decide(self._open(request.number), ApprovalState.DENIED, request)

    # --- inside --------------------------------------------------------------------------------

    def _is_needed(self, mutation: Mutation[Any]) -> bool:
        if isinstance(mutation, ArmLive) and mutation.skips_clean_days:
            return True
        if not self._runtime.two_person:
            return False
        if isinstance(mutation, CreateToken):  # else one person could make the other
            return self._tokens.admin_count(self._wall_ns()) >= PERSONS
        return mutation.needs_second_person

    def _ask(self, subject: str, mutation: Mutation[Any], digest: str) -> ApprovalRecord:
        now_ns = self._wall_ns()
        waiting = [each for each in map(self._now, self._kept.values()) if each.state in _OPEN]
        if len(waiting) >= WAITING_MAX:
            raise ControlError(
                Reason.LIMIT_REACHED,
                f"{WAITING_MAX} calls wait for a second person",
                remedy="hexdesk approvals list, then approve or deny",
                facts={"limit": str(WAITING_MAX)},
            )
        record = ApprovalRecord(
            number=max(self._kept, default=0) + 1,
            state=ApprovalState.PENDING,
            method=type(mutation).__name__,
            request=json_of(mutation),
            digest=digest,
            requested_by=subject,
            create_ns=now_ns,
            expire_ns=now_ns + TTL_NS,
        )
        self._write(record)
        text = f"{record.requested_by} asks for {record.method}: {mutation.reason}"
        scope = f"approvals/{record.number}"
        self._desk.alerts.add(Alert("APPROVAL_PENDING", scope, text, self._desk.pulse.now_ns))
        return record

    def _open(self, number: int) -> ApprovalRecord:
        """Return what still waits, or refuse."""
        record = self._kept.get(number)
        if record is None:
            raise unknown(
                "approval", f"approvals/{number}", "hexdesk approvals list shows those that are"
            )
        found = self._now(record)
        if found.state is not ApprovalState.PENDING:
            raise ControlError(
                Reason.STATE_WRONG,
                f"approvals/{number} is {found.state.value}",
                remedy="let it be asked again",
                facts={"state": found.state.value},
            )
        return found

    def _decide(
        self, found: ApprovalRecord, state: ApprovalState, request: ApproveCall | DenyCall
    ) -> ApprovalRecord:
        decided = replace(found, state=state, approved_by=request.author)
        if not request.dry_run:
            self._write(decided)
        return decided

    def _now(self, record: ApprovalRecord) -> ApprovalRecord:
        """Return a record as it is now: what nobody used in time has expired."""
        is_over = record.state in _OPEN and self._wall_ns() >= record.expire_ns
        return replace(record, state=ApprovalState.EXPIRED) if is_over else record

    def _write(self, record: ApprovalRecord) -> None:
        try:
            self._store.append(record)
        except (OSError, HexdeskError) as error:
            raise ControlError(
                Reason.STORE_UNWRITABLE,
                f"the approval cannot be written down: {error}",
                remedy="free space in the state folder",
            ) from error
        self._keep(record)

    def _keep(self, record: ApprovalRecord) -> None:
        self._kept[record.number] = record
        while len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]


def _required(found: ApprovalRecord) -> ControlError:
    return ControlError(
        Reason.APPROVAL_REQUIRED,
        f"a second person must approve approvals/{found.number} within"
        f" {(found.expire_ns - found.create_ns) // NS_PER_SECOND // 60} minutes; then call again",
        remedy=f"another person: hexdesk approvals approve {found.number}",
        facts={"approval": f"approvals/{found.number}", "expire_ns": str(found.expire_ns)},
    )
