"""The Control port: every use case of an operator, one door for gRPC, CLI, console and scripts.

A caller asks a `Query` or tells a `Mutation`; both are values whose class says what they need
(`scope`) and what they are answered with. Everything that holds for all of them, access, dry runs,
repeated requests, versions, the audit log, holds here once and not in each adapter.

Prices, quantities and amounts are exact decimal strings; times are UTC nanoseconds, 0 is none.
Ids are plain (`client_order_id`, `strategy_id`); resource names are the adapters' business.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.errors import HexdeskError
from hexdesk.ports.control_events import Event, EventKind, ResyncInfo, Snapshot

A_co = TypeVar("A_co", covariant=True)
A = TypeVar("A")

REASON_LENGTH_MAX = 500
REQUEST_ID_LENGTH_MAX = 64
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000


class Scope(StrEnum):
    """What a caller may do; none contains another."""

    READ = "read"
    TRADE = "trade"
    RISK = "risk"
    ADMIN = "admin"


ALL_SCOPES = frozenset(Scope)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks.

    Attributes:
        subject: Name of the token or certificate; `local` for a trusted caller without either.
        scopes: What it may do.
        peer: Address that it calls from; empty inside the process.
        expire_ns: When that ends; 0 is never.
    """

    subject: str
    scopes: frozenset[Scope]
    peer: str = ""
    expire_ns: TimeNs = 0


class Reason(StrEnum):
    """Why a request was refused; `ErrorReason` of the API says more of each."""

    FIELD_INVALID = "FIELD_INVALID"
    RESOURCE_UNKNOWN = "RESOURCE_UNKNOWN"
    STATE_WRONG = "STATE_WRONG"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    REQUEST_IN_FLIGHT = "REQUEST_IN_FLIGHT"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105 - a word, no secret
    SCOPE_MISSING = "SCOPE_MISSING"
    LIVE_NOT_ARMED = "LIVE_NOT_ARMED"
    APPROVAL_REQUIRED = "APPROVAL_REQUIRED"
    DESK_HALTED = "DESK_HALTED"
    LIMIT_REACHED = "LIMIT_REACHED"
    NOT_OFFERED = "NOT_OFFERED"
    DESK_STOPPING = "DESK_STOPPING"
    CONFIG_INVALID = "CONFIG_INVALID"
    PLUGIN_FAILED = "PLUGIN_FAILED"
    STORE_UNWRITABLE = "STORE_UNWRITABLE"
    EVENTS_NOT_KEPT = "EVENTS_NOT_KEPT"


class FieldFault(msgspec.Struct, frozen=True):
    """What is wrong with one field of a request."""

    field: str
    text: str


class ControlError(HexdeskError):
    """A request was refused; nothing was changed.

    Attributes:
        reason: Why, for programs.
        facts: Further facts by name, as `scope`.
        faults: Of the fields, where the request itself is wrong.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        remedy: str = "",
        facts: Mapping[str, str] | None = None,
        faults: Sequence[FieldFault] = (),
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.code = str(reason.value)
        self.reason = reason
        self.facts = dict(facts or {})
        self.faults = tuple(faults)


class Query(msgspec.Struct, Generic[A_co], frozen=True, kw_only=True):
    """Asks for something and changes nothing."""

    scope: ClassVar[Scope] = Scope.READ


class PageQuery(Query[A_co], Generic[A_co], frozen=True, kw_only=True):
    """Asks for a list in pages.

    Attributes:
        page_size: At most this many, 1 to `PAGE_SIZE_MAX`; 0 is `PAGE_SIZE_DEFAULT`.
        page_token: `next_page_token` of the page before; empty for the first.
    """

    page_size: int = 0
    page_token: str = ""


class Page(msgspec.Struct, Generic[A], frozen=True):
    """One page of a list; a page may be shorter than asked though more follow."""

    items: tuple[A, ...]
    next_page_token: str = ""


class Mutation(msgspec.Struct, Generic[A_co], frozen=True, kw_only=True):
    """Changes something.

    Attributes:
        request_id: Idempotency key; empty for none. The same key of the same caller gives the first
            answer again, or is refused if the request is another one.
        dry_run: Check everything, change nothing, answer what would be answered.
        reason: Why, for the audit log.
        expected_version: Version that what is changed must have; 0 is any.
        account_id: The account's id, as a person typed it; see `needs_account`.
    """

    scope: ClassVar[Scope] = Scope.ADMIN
    needs_reason: ClassVar[bool] = False
    is_always_open: ClassVar[bool] = False
    """Whether it makes things safer and so never waits for arming or a second person."""
    needs_second_person: ClassVar[bool] = False
    """Whether it cannot be undone on a live desk, so that another person must agree."""
    needs_account: ClassVar[bool] = False
    """Whether a live desk wants its account typed out, so that it is no other desk's."""

    request_id: str = ""
    dry_run: bool = False
    reason: str = ""
    expected_version: int = 0
    account_id: str = ""


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events a reader wants.

    Attributes:
        kinds: Empty for all.
        strategy_id: Only about this strategy, its orders and positions; empty for all. What
            concerns the whole desk comes in any case.
    """

    kinds: frozenset[EventKind] = frozenset()
    strategy_id: str = ""


class EventBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader gets at once.

    Attributes:
        sequence: Everything up to this number is known to the reader now.
        resume_token: Goes on after this batch.
        events: Oldest first.
        snapshot: A part of a snapshot that comes before the events.
        resync: Set where what the reader knew is to be dropped; a snapshot follows.
    """

    sequence: int
    resume_token: str
    events: Sequence[Event] = ()
    snapshot: Snapshot | None = None
    resync: ResyncInfo | None = None


class EventFeed(Protocol):
    """One reader's place in the stream of events; it holds no queue of its own."""

    def read(self, limit: int) -> EventBatch | None:
        """Return the next at most `limit` events or part of a snapshot; None if there are none."""
        ...

    def wake(self, callback: Callable[[], None]) -> None:
        """Call back once, soon after the next event comes; it must only set a flag."""
        ...

    def close(self) -> None:
        """Forget the reader; idempotent."""
        ...


Pause: TypeAlias = Callable[[], Awaitable[None]]
"""Lets the desk go on, if the work has held it up for long; asked every 0.05 ms of work or so."""


async def at_once() -> None:
    """Do not pause."""


class Control(Protocol):
    """One desk's control plane. Call it on the desk's own thread."""

    def identify(self, secret: str, peer: str) -> Caller:
        """Return who a bearer token belongs to.

        An empty one is `local`, who may do everything, as long as there is no token at all: only
        adapters that know that a caller is on this machine may ask with it.

        Raises:
            ControlError: It belongs to nobody, or does not hold any more.
        """
        ...

    async def ask(self, caller: Caller, query: Query[A], pause: Pause = at_once) -> A:
        """Answer a query from the desk's present state; long lists in pieces.

        Raises:
            ControlError: It was refused.
        """
        ...

    async def tell(self, caller: Caller, mutation: Mutation[A]) -> A:
        """Carry a mutation out and answer with what it came to.

        Raises:
            ControlError: It was refused; nothing was changed.
        """
        ...

    def follow(self, caller: Caller, wanted: EventFilter, resume_token: str = "") -> EventFeed:
        """Return a feed of events: from a token on, or a snapshot and what follows.

        Raises:
            ControlError: It was refused.
        """
        ...
