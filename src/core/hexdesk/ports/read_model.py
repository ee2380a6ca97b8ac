"""The read model: history ordered for questions, fed off the path, made again from the journal.

It decides nothing and owns nothing: every row but equity follows from the journal's records, so
that it may be behind, lost or thrown away without harm.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Generic, Literal, Protocol, TypeVar

import msgspec

from hexdesk.domain.history import (
    EquityRow,
    EventRow,
    FillRow,
    OrderHistory,
    OrderRow,
    PositionRow,
)
from hexdesk.domain.values import TimeNs
from hexdesk.errors import ConfigError
from hexdesk.ports.journal import JournalRecord

T = TypeVar("T")

PAGE_ROWS_MAX = 10_000
"""Most rows of one page."""
DIGEST_BYTES = 16
_TOKEN_VERSION = 1

Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_ROWS_MAX)]


class Head(msgspec.Struct, frozen=True):
    """Where a read model ends.

    Attributes:
        sequence: Number of the last record that it holds; 0 for none.
        digest: `record_digest` of that record, which tells one journal from another.
    """

    sequence: int = 0
    digest: str = ""


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every question that is answered in pages may say.

    Attributes:
        since_ns: Rows from this time on (`ts_init`); 0 is from the first.
        until_ns: Rows before this time; 0 is to the last.
        newest_first: The order of rows.
        limit: Most rows of a page.
        page_token: Of the page before; the rest of the query must be the same.
    """

    since_ns: TimeNs = 0
    until_ns: TimeNs = 0
    newest_first: bool = False
    limit: Limit = 100
    page_token: str = ""


class OrderQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which orders; an empty text means any."""

    strategy_id: str = ""
    account_id: str = ""
    instrument_id: str = ""
    state: Literal["any", "open", "closed", "in_doubt"] = "any"


class FillQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which fills; an empty text means any."""

    strategy_id: str = ""
    account_id: str = ""
    instrument_id: str = ""


class EquityQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which samples: of an account (empty: of all together), of a currency (empty: of each).

    `step_ns` above 0 keeps only the last sample of each stretch of that length.
    """

    account_id: str = ""
    currency: str = ""
    step_ns: Annotated[int, msgspec.Meta(ge=0)] = 0


class EventQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events; an empty text means any."""

    category: str = ""
    kind: str = ""
    strategy_id: str = ""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Rows, and the token of the next page; empty after the last."""

    rows: tuple[T, ...]
    next_page_token: str = ""


class ReadModel(Protocol):
    """History for queries. One thread writes, any thread asks.

    Questions see whole batches only. Pages are stable: rows that come in between neither repeat nor
    hide others.
    """

    def open(self) -> Head:
        """Look at what is kept, and return where it ends; once, before the first write.

        May take a while: call it off the desk's thread. What is damaged or of an older version is
        moved aside and reported; the head is then empty, and the caller writes from the journal.

        Raises:
            DataError: It was written by a newer version.
            OSError: The medium refuses.
        """
        ...

    def write(
        self, first: int, records: Sequence[JournalRecord], equity: Sequence[EquityRow] = ()
    ) -> int:
        """Add committed records, the first of which has the number `first`, and equity samples.

        All or nothing. Records that it holds are skipped, samples of a known time replaced.

        Returns:
            How many records were new.

        Raises:
            InvariantError: Records between the head and the first are missing.
            DataError: What is kept is damaged; `open` again.
            OSError: The medium refuses; nothing was added, the same may be tried again later.
        """
        ...

    def rebuild(self, records: Iterable[JournalRecord]) -> int:
        """Replace every row by what all records of a journal come to; equity samples stay.

        The old rows answer questions until the new ones are whole, and stay if this fails.

        Returns:
            How many records there were.

        Raises:
            Exception: Whatever reading the records raises.
            OSError: The medium refuses.
        """
        ...

    def backup(self, file: Path) -> None:
        """Copy everything into a new file, also while it is written.

        Raises:
            ConfigError: The file exists.
            OSError: The medium refuses.
        """
        ...

    def order(self, client_order_id: str) -> OrderHistory | None:
        """Return an order with its history, or None."""
        ...

    def orders(self, query: OrderQuery, /) -> Page[OrderRow]:
        """Return orders by the time they were decided; `ConfigError` for a wrong page token."""
        ...

    def fills(self, query: FillQuery, /) -> Page[FillRow]:
        """Return fills by time of receipt; raises as `orders`."""
        ...

    def positions(
        self, *, strategy_id: str = "", account_id: str = "", instrument_id: str = ""
    ) -> Sequence[PositionRow]:
        """Return positions that ever had a fill, flat ones too; an empty text means any."""
        ...

    def equity(self, query: EquityQuery, /) -> Page[EquityRow]:
        """Return equity samples by time; raises as `orders`."""
        ...

    def events(self, query: EventQuery, /) -> Page[EventRow]:
        """Return events by time; raises as `orders`."""
        ...

    def close(self) -> None:
        """Free everything; idempotent."""
        ...


def record_digest(record: JournalRecord) -> str:
    """Return 32 hexadecimal digits that tell one record from another.

    They are of its own plain values, without those that a later version would read in place of a
    field that was not there yet: the same record has the same digest in every version.
    """
    facts: list[object] = [record.__struct_config__.tag]
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, str | int | float | bytes) and value != field.default:
            facts.append(value)
    return blake2b(msgspec.json.encode(facts), digest_size=DIGEST_BYTES).hexdigest()


def encode_page_token(query: PageQuery, key: Sequence[int | str]) -> str:
    """Return the token of the page that begins behind a row's key."""
    token = msgspec.json.encode([_TOKEN_VERSION, _filters(query), *key])
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def decode_page_token(query: PageQuery, length: int) -> list[int | str]:
    """Return the key behind which a page begins, of that length.

    Raises:
        ConfigError: The token is none, or of another query.
    """
    text = query.page_token
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, filters, *key = msgspec.json.decode(raw, type=list[int | str])
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        version, filters, key = 0, 0, []
    if version != _TOKEN_VERSION or filters != _filters(query) or len(key) != length:
        raise ConfigError(
            "is not of this query",
            code="PAGE_TOKEN",
            path="page_token",
            remedy="ask as for the page before, or begin again without a token",
        )
    return key


def _filters(query: PageQuery) -> int:
    """Return a number that differs between queries, whatever their page."""
    plain = msgspec.structs.replace(query, limit=1, page_token="")
    return zlib.crc32(msgspec.json.encode([type(query).__name__, plain]))
