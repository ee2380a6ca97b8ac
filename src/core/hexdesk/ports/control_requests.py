"""What can be asked of and told to a desk through the Control port.

A request that names a strategy, instrument or order names it by id. An empty one means all, where
the attribute says so.
"""

from enum import StrEnum
from typing import ClassVar

import msgspec

from hexdesk.domain.values import ReportedStatus, TimeNs
from hexdesk.ports.control import Mutation, Page, PageQuery, Query, Scope
from hexdesk.ports.control_markets import InstrumentInfo, MarketInfo
from hexdesk.ports.control_state import AuditEntry
from hexdesk.ports.control_views import (
    AccountInfo,
    AlertInfo,
    DenialInfo,
    DeskInfo,
    FillInfo,
    IncidentInfo,
    LimitsInfo,
    OrderInfo,
    OrderTerms,
    OrderVerdict,
    PositionInfo,
    QueuedVerb,
    ReconciliationInfo,
    ReportInfo,
    ResolvedInfo,
    StrategyInfo,
    TokenInfo,
)

# --- the desk ---------------------------------------------------------------------------------


class GetDesk(Query[DeskInfo], frozen=True, kw_only=True):
    """Return the state of the desk."""


class ListAlerts(PageQuery[Page[AlertInfo]], frozen=True, kw_only=True):
    """Return what a person should know, newest first."""


class Ids(msgspec.Struct, frozen=True):
    """Ids of what a mutation concerned, or would."""

    ids: tuple[str, ...]


class StopEntries(Mutation[Ids], frozen=True, kw_only=True):
    """Open nothing more, manage what is open; answers with the strategies that were stopped."""

    scope: ClassVar[Scope] = Scope.RISK
    is_always_open: ClassVar[bool] = True
    strategy_id: str = ""


class ResumeEntries(Mutation[Ids], frozen=True, kw_only=True):
    """Allow entries again; refused while the desk is halted."""

    scope: ClassVar[Scope] = Scope.RISK
    strategy_id: str = ""


class Flattened(msgspec.Struct, frozen=True, kw_only=True):
    """What flattening did, or would; positions as (strategy id, instrument id).

    Attributes:
        queued: What waits for a broker that cannot be reached.
    """

    canceled_orders: tuple[str, ...]
    closing_orders: tuple[str, ...]
    positions: tuple[tuple[str, str], ...]
    queued: tuple[QueuedVerb, ...] = ()


class Flatten(Mutation[Flattened], frozen=True, kw_only=True):
    """Cancel open orders and close positions at the market."""

    scope: ClassVar[Scope] = Scope.RISK
    needs_second_person: ClassVar[bool] = True
    needs_account: ClassVar[bool] = True
    strategy_id: str = ""


class RollTradingDay(Mutation[Ids], frozen=True, kw_only=True):
    """Begin a trading day; answers with the instruments for which it is new.

    Attributes:
        trading_day: FIX 75 as a number, 20261123.
        instrument_id: Only this one; empty for more.
        venue: Only its instruments; empty for all.
    """

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    trading_day: int
    instrument_id: str = ""
    venue: str = ""


class Halt(Mutation[DeskInfo], frozen=True, kw_only=True):
    """Send no order at all until re-armed; cancels and flatten still pass."""

    scope: ClassVar[Scope] = Scope.RISK
    is_always_open: ClassVar[bool] = True


class Rearm(Mutation[str], frozen=True, kw_only=True):
    """End a halt; answers why the desk had been halted."""

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True
    needs_account: ClassVar[bool] = True


class ArmLive(Mutation[DeskInfo], frozen=True, kw_only=True):
    """Let a live desk open positions for a time; `author` is set by the control plane.

    Attributes:
        account_id: The account's id, typed out by a person; of several accounts all of them, by
            section name, with commas between.
        stage_pct: Percent of the size limits that holds: 10, 25, 50 or 100.
        duration_ns: How long the grant runs, from a minute to a day.
        skips_clean_days: Whether the stage need not have been earned; a second person must agree.
    """

    scope: ClassVar[Scope] = Scope.ADMIN
    needs_reason: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True
    duration_ns: TimeNs
    stage_pct: int = 100
    skips_clean_days: bool = False
    author: str = ""


class DisarmLive(Mutation[DeskInfo], frozen=True, kw_only=True):
    """End a grant now; what is open is managed on. `author` is set by the control plane."""

    scope: ClassVar[Scope] = Scope.RISK
    is_always_open: ClassVar[bool] = True
    author: str = ""


class LeftBehind(msgspec.Struct, frozen=True, kw_only=True):
    """What is open when a desk stops; positions as (strategy id, instrument id)."""

    open_orders: tuple[str, ...]
    positions: tuple[tuple[str, str], ...]


class Shutdown(Mutation[LeftBehind], frozen=True, kw_only=True):
    """Stop the process in good order."""

    scope: ClassVar[Scope] = Scope.ADMIN
    needs_second_person: ClassVar[bool] = True
    needs_account: ClassVar[bool] = True


# --- access -----------------------------------------------------------------------------------


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token and its secret, which is shown once."""

    token: TokenInfo
    secret: str


class CreateToken(Mutation[NewToken], frozen=True, kw_only=True):
    """Make a bearer token; `author` is set by the control plane."""

    scope: ClassVar[Scope] = Scope.ADMIN
    name: str
    scopes: frozenset[Scope]
    ttl_ns: TimeNs = 0
    author: str = ""


class RevokeToken(Mutation[TokenInfo], frozen=True, kw_only=True):
    """End a token at once."""

    scope: ClassVar[Scope] = Scope.ADMIN
    is_always_open: ClassVar[bool] = True
    name: str


class ListTokens(PageQuery[Page[TokenInfo]], frozen=True, kw_only=True):
    """Return all tokens, by name."""

    scope: ClassVar[Scope] = Scope.ADMIN


class ListAuditEntries(PageQuery[Page[AuditEntry]], frozen=True, kw_only=True):
    """Return what was done, newest first."""

    scope: ClassVar[Scope] = Scope.ADMIN


# --- orders -----------------------------------------------------------------------------------


class CreateOrder(Mutation[OrderInfo], frozen=True, kw_only=True):
    """Submit an order; a denied one is an answer."""

    scope: ClassVar[Scope] = Scope.TRADE
    terms: OrderTerms


class CheckOrder(Query[OrderVerdict], frozen=True, kw_only=True):
    """Say what risk would say of an order."""

    terms: OrderTerms


class AmendOrder(Mutation[OrderInfo], frozen=True, kw_only=True):
    """Ask to replace terms of an open order; empty strings keep them."""

    scope: ClassVar[Scope] = Scope.TRADE
    client_order_id: str
    quantity: str = ""
    price: str = ""
    trigger_price: str = ""


class CancelOrder(Mutation[OrderInfo], frozen=True, kw_only=True):
    """Ask to cancel an order; one that is closed is answered as it is."""

    scope: ClassVar[Scope] = Scope.TRADE
    client_order_id: str


class ResolveOrder(Mutation[OrderInfo], frozen=True, kw_only=True):
    """Settle an order in doubt by a person's word; `author` is set by the control plane.

    Attributes:
        resolution: `absent`, `open`, `filled`, `canceled` or `rejected`.
        price: Average price of the executions that are not known; for `filled`.
    """

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True
    needs_account: ClassVar[bool] = True
    client_order_id: str
    resolution: str
    price: str = ""
    author: str = ""


class CanceledAll(msgspec.Struct, frozen=True, kw_only=True):
    """Orders whose cancel was asked, or would be, and what waits for a broker, or does no more."""

    ids: tuple[str, ...]
    queued: tuple[QueuedVerb, ...] = ()
    called_off: tuple[QueuedVerb, ...] = ()


class CancelAllOrders(Mutation[CanceledAll], frozen=True, kw_only=True):
    """Ask to cancel open orders; answers with those whose cancel was asked."""

    scope: ClassVar[Scope] = Scope.RISK
    is_always_open: ClassVar[bool] = True
    strategy_id: str = ""
    instrument_id: str = ""


class GetOrder(Query[OrderInfo], frozen=True, kw_only=True):
    """Return an order, open or closed."""

    client_order_id: str


class ListOrders(PageQuery[Page[OrderInfo]], frozen=True, kw_only=True):
    """Return orders, newest first; all filters must match."""

    strategy_id: str = ""
    instrument_id: str = ""
    statuses: frozenset[ReportedStatus] = frozenset()
    open_only: bool = False
    start_ns: TimeNs = 0
    end_ns: TimeNs = 0


class GetOrderTimeline(Query[tuple[ReportInfo, ...]], frozen=True, kw_only=True):
    """Return everything that is known to have happened to an order, oldest first."""

    client_order_id: str


class ListFills(PageQuery[Page[FillInfo]], frozen=True, kw_only=True):
    """Return fills, newest first; all filters must match."""

    strategy_id: str = ""
    instrument_id: str = ""
    client_order_id: str = ""
    start_ns: TimeNs = 0
    end_ns: TimeNs = 0


# --- positions, accounts, risk ------------------------------------------------------------------


class GetPosition(Query[PositionInfo], frozen=True, kw_only=True):
    """Return a strategy's position of one instrument."""

    strategy_id: str
    instrument_id: str


class ListPositions(PageQuery[Page[PositionInfo]], frozen=True, kw_only=True):
    """Return positions by strategy and instrument."""

    strategy_id: str = ""
    instrument_id: str = ""
    include_flat: bool = False


class GetAccount(Query[AccountInfo], frozen=True, kw_only=True):
    """Return an account by its broker's section name."""

    name: str


class ListAccounts(PageQuery[Page[AccountInfo]], frozen=True, kw_only=True):
    """Return all accounts, by name."""


class GetRiskLimits(Query[LimitsInfo], frozen=True, kw_only=True):
    """Return the limits of an instrument with their use by strategy."""

    instrument_id: str


class ListRiskLimits(PageQuery[Page[LimitsInfo]], frozen=True, kw_only=True):
    """Return the limits of all instruments, by id."""


class ListDenials(PageQuery[Page[DenialInfo]], frozen=True, kw_only=True):
    """Return orders that the desk refused, newest first."""

    strategy_id: str = ""
    instrument_id: str = ""


# --- reconciliation -----------------------------------------------------------------------------


class GetReconciliation(Query[tuple[ReconciliationInfo, ...]], frozen=True, kw_only=True):
    """Return how the books of every account compare with its broker's."""


class ListIncidents(PageQuery[Page[IncidentInfo]], frozen=True, kw_only=True):
    """Return differences for a person, newest first; an empty account is all."""

    account: str = ""
    open_only: bool = False


class ResolveIncident(Mutation[ResolvedInfo], frozen=True, kw_only=True):
    """Decide about a difference; `author` is set by the control plane."""

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True
    needs_account: ClassVar[bool] = True
    account: str
    number: int
    policy: str
    author: str = ""


# --- markets ----------------------------------------------------------------------------------


class GetInstrument(Query[InstrumentInfo], frozen=True, kw_only=True):
    """Return an instrument."""

    instrument_id: str


class ListInstruments(PageQuery[Page[InstrumentInfo]], frozen=True, kw_only=True):
    """Return instruments, by id."""


class GetMarkets(Query[tuple[MarketInfo, ...]], frozen=True, kw_only=True):
    """Return the latest states of markets in the order asked; none named means all."""

    instrument_ids: tuple[str, ...] = ()


# --- strategies ---------------------------------------------------------------------------------


class GetStrategy(Query[StrategyInfo], frozen=True, kw_only=True):
    """Return a strategy."""

    strategy_id: str


class ListStrategies(PageQuery[Page[StrategyInfo]], frozen=True, kw_only=True):
    """Return all strategies, by id."""


class StrategyVerb(StrEnum):
    """What can be done to one strategy."""

    INIT = "init"
    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"


class StrategyMutation(Mutation[StrategyInfo], frozen=True, kw_only=True):
    """Changes one strategy."""

    scope: ClassVar[Scope] = Scope.TRADE
    verb: ClassVar[StrategyVerb]
    strategy_id: str


class InitStrategy(StrategyMutation, frozen=True, kw_only=True):
    """Connect a strategy to its markets without letting it open anything: it warms up."""

    verb: ClassVar[StrategyVerb] = StrategyVerb.INIT


class StartStrategy(StrategyMutation, frozen=True, kw_only=True):
    """Connect a strategy to its markets; one that was initialised before may trade from now on."""

    verb: ClassVar[StrategyVerb] = StrategyVerb.START


class StopStrategy(StrategyMutation, frozen=True, kw_only=True):
    """End a strategy: its position stays; its open orders too with `keep_orders`."""

    verb: ClassVar[StrategyVerb] = StrategyVerb.STOP
    needs_account: ClassVar[bool] = True
    keep_orders: bool = False


class PauseStrategy(StrategyMutation, frozen=True, kw_only=True):
    """Stop the entries of one strategy; it manages what is open."""

    verb: ClassVar[StrategyVerb] = StrategyVerb.PAUSE
    is_always_open: ClassVar[bool] = True


class ResumeStrategy(StrategyMutation, frozen=True, kw_only=True):
    """Allow the entries of one strategy again."""

    verb: ClassVar[StrategyVerb] = StrategyVerb.RESUME
