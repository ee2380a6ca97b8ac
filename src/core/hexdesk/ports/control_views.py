"""What the Control port shows of a desk: immutable, with exact decimals as strings."""

from enum import IntEnum, StrEnum

import msgspec

from hexdesk.domain.risk import Verdict
from hexdesk.domain.values import (
    Contingency,
    Life,
    Liquidity,
    Operation,
    OrderType,
    PositionEffect,
    PositionMode,
    ReportedStatus,
    Side,
    TimeInForce,
    TimeNs,
)


class Amount(msgspec.Struct, frozen=True, gc=False):
    """An exact amount of one currency."""

    amount: str
    currency: str


class DoubtInfo(msgspec.Struct, frozen=True, gc=False):
    """The operation whose outcome is unknown, since when, and how often it was looked for."""

    operation: Operation
    since_ns: TimeNs
    attempts: int


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for; empty strings are none.

    Attributes:
        instrument_id: FIX 55.
        side: FIX 54.
        order_type: FIX 40.
        quantity: FIX 38.
        strategy_id: Whose order it is; empty for the operator's own.
        account: Name of the broker's section; may be empty where the strategy tells it, or there is
            only one.
        price: FIX 44.
        trigger_price: FIX 99.
        trailing_offset: Distance from the best price since.
        time_in_force: FIX 59.
        expire_ns: FIX 126.
        post_only: FIX 18=6.
        reduce_only: FIX 18=E.
        position_effect: FIX 77.
        display_quantity: FIX 1138.
        tag: Why, in the operator's word.
    """

    instrument_id: str
    side: Side
    order_type: OrderType
    quantity: str
    strategy_id: str = ""
    account: str = ""
    price: str = ""
    trigger_price: str = ""
    trailing_offset: str = ""
    time_in_force: TimeInForce = TimeInForce.GTC
    expire_ns: TimeNs = 0
    post_only: bool = False
    reduce_only: bool = False
    position_effect: PositionEffect = PositionEffect.AUTO
    display_quantity: str = ""
    tag: str = ""


class OrderInfo(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order and what is known of it; see `hexdesk.domain.order.Order`."""

    client_order_id: str
    strategy_id: str
    account: str
    instrument_id: str
    side: Side
    order_type: OrderType
    quantity: str
    price: str
    trigger_price: str
    trailing_offset: str
    time_in_force: TimeInForce
    expire_ns: TimeNs
    post_only: bool
    reduce_only: bool
    position_effect: PositionEffect
    display_quantity: str
    tag: str
    contingency: Contingency
    list_id: str
    parent_id: str
    venue_order_id: str
    status: ReportedStatus
    life: Life
    pending_cancels: int
    pending_amends: int
    doubt: DoubtInfo | None
    cum_qty: str
    leaves_qty: str
    canceled_qty: str
    avg_px: str
    code: str
    text: str
    fill_count: int
    create_ns: TimeNs
    reserved: Amount
    version: int


class ReducingInfo(msgspec.Struct, frozen=True):
    """One reason for which an instrument may only shrink."""

    instrument_id: str
    code: str
    text: str


class ReconciliationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How the books of one account compare with its broker's.

    Attributes:
        account: Section name of the broker.
        ready: Whether the first full comparison is through.
        age_ns: How long orders, executions or positions have not been compared.
        doubtful_order_count: Orders that are being looked up.
        open_incident_count: Incidents that wait for a person.
        reducing: Instruments that may only shrink.
        link_state: How the broker can be reached, as `LIVE`; empty where it does not tell.
        link_error: Why it could not be reached the last time.
    """

    account: str
    ready: bool
    age_ns: TimeNs
    doubtful_order_count: int
    open_incident_count: int
    reducing: tuple[ReducingInfo, ...]
    link_state: str = ""
    link_error: str = ""


class IncidentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A difference that a person should decide about.

    Attributes:
        account: Section name of the broker.
        number: From 1 within an account.
        kind: What differs, as `POSITION_QUANTITY`.
        key: Order id, instrument, currency or mode.
        ours: Our value.
        theirs: The broker's.
        evidence: A sentence for a person.
        instrument_id: Empty for cash and modes.
        configured_policies: What the configuration does about the kind.
        possible_policies: What a person may choose.
        is_open: Whether somebody still has to decide.
        create_ns: When it was opened.
        resolve_ns: When it was resolved; 0 while open.
        resolved_by: Who resolved it.
        reason: In that person's words.
        policy: What was decided; empty if the difference went away.
    """

    account: str
    number: int
    kind: str
    key: str
    ours: str
    theirs: str
    evidence: str
    instrument_id: str
    configured_policies: tuple[str, ...]
    possible_policies: tuple[str, ...]
    is_open: bool
    create_ns: TimeNs
    resolve_ns: TimeNs = 0
    resolved_by: str = ""
    reason: str = ""
    policy: str = ""


class ResolvedInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as it is now, and what was done about it, or would be, one sentence each."""

    incident: IncidentInfo
    actions: tuple[str, ...]


class OrderVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What risk says of an order that was not submitted; `verdicts` are of all that deny it."""

    allowed: bool
    code: str
    text: str
    reserve: Amount
    worst_price: str
    notional: Amount
    fee: Amount
    verdicts: tuple[Verdict, ...] = ()


class FillInfo(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One execution; `commission` is None where the venue did not say."""

    client_order_id: str
    strategy_id: str
    account: str
    instrument_id: str
    side: Side
    last_qty: str
    last_px: str
    liquidity: Liquidity
    commission: Amount | None
    trade_id: str
    event_ns: TimeNs
    receive_ns: TimeNs
    busted: bool


class ReportKind(IntEnum):
    """Which fact about an order."""

    NEW = 1
    HELD = 2
    SUBMITTED = 3
    DENIED = 4
    ACCEPTED = 5
    TRIGGERED = 6
    REJECTED = 7
    CANCELED = 8
    EXPIRED = 9
    AMEND_REQUESTED = 10
    UPDATED = 11
    AMEND_REJECTED = 12
    CANCEL_REQUESTED = 13
    CANCEL_REJECTED = 14
    FILL = 15
    FILL_BUSTED = 16
    OUTCOME_UNKNOWN = 17
    ABANDONED = 18


class ReportInfo(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One fact about an order, as it was journalled."""

    client_order_id: str
    kind: ReportKind
    code: str = ""
    text: str = ""
    quantity: str = ""
    price: str = ""
    trigger_price: str = ""
    last_qty: str = ""
    last_px: str = ""
    trade_id: str = ""
    event_ns: TimeNs = 0
    receive_ns: TimeNs = 0


class PositionInfo(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one strategy holds of one instrument.

    Attributes:
        liquidation_price: Where the venue would liquidate what the account holds of it; empty where
            no price would. Of queries alone, as `liquidation_pct`: events leave it out.
        liquidation_pct: From the mark to there, in percent of the mark.
    """

    strategy_id: str
    account: str
    instrument_id: str
    quantity: str
    long_quantity: str
    short_quantity: str
    avg_px: str
    mark_price: str
    notional: Amount
    realised: Amount
    unrealised: Amount
    fees: Amount
    funding: Amount
    open_buy_quantity: str
    open_sell_quantity: str
    is_flat: bool
    liquidation_price: str = ""
    liquidation_pct: str = ""


class BalanceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Cash of one currency."""

    currency: str
    total: str
    reserved: str
    used: str
    available: str
    equity: str


class AccountInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Money at a broker; `name` is its section's, `account_id` FIX 1."""

    name: str
    account_id: str
    position_mode: PositionMode
    balances: tuple[BalanceInfo, ...]


class StrategyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy in the desk.

    `is_initialised` says that it sees its markets, `is_trading` that it may open positions, too.
    """

    strategy_id: str
    plugin: str
    plugin_version: str
    account: str
    instrument_ids: tuple[str, ...]
    state: str
    fault: str
    entries_allowed: bool
    open_order_count: int
    fill_count: int
    realised: tuple[Amount, ...]
    unrealised: tuple[Amount, ...]
    fees: tuple[Amount, ...]
    funding: tuple[Amount, ...]
    settings: dict[str, object]
    version: int
    is_initialised: bool = False
    is_trading: bool = False
    settings_revision: int = 0


class DeskState(StrEnum):
    """Whether requests leave."""

    STARTING = "starting"
    RUNNING = "running"
    HALTED = "halted"
    STOPPING = "stopping"


class GrantInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Leave to send orders for real money."""

    account: str
    stage_pct: int
    expire_ns: TimeNs
    granted_by: str
    reason: str


class QueuedVerb(msgspec.Struct, frozen=True, kw_only=True):
    """A verb that waits for its broker; an empty `instrument_id` means everywhere."""

    verb: str
    strategy_id: str
    instrument_id: str
    account: str
    reason: str
    create_ns: TimeNs


class DeskInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The desk as a whole."""

    display_name: str
    mode: str
    state: DeskState
    halt_reason: str
    entries_allowed: bool
    live_grant: GrantInfo | None
    run_id: str
    version_text: str
    start_ns: TimeNs
    desk_ns: TimeNs
    input_count: int
    equity: tuple[Amount, ...]
    running_strategy_count: int
    faulted_strategy_count: int
    open_order_count: int
    doubtful_order_count: int
    orders: int
    fills: int
    cancels: int
    amends: int
    denials: dict[str, int]
    rejects: dict[str, int]
    dead_letters: int
    alert_count: int
    queue_depth: int
    event_sequence: int
    queued: tuple[QueuedVerb, ...] = ()


class AlertInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person should know; numbered from 1 since the start."""

    number: int
    code: str
    scope: str
    text: str
    create_ns: TimeNs


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token, without anything of its secret; `scopes` are `Scope` values."""

    name: str
    scopes: tuple[str, ...]
    create_ns: TimeNs
    expire_ns: TimeNs
    revoke_ns: TimeNs
    author: str


class CommandInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator did."""

    command: str
    strategy_id: str = ""
    reason: str = ""


class DenialInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An order that the desk refused."""

    client_order_id: str
    strategy_id: str
    instrument_id: str
    code: str
    text: str
    create_ns: TimeNs


class LimitUse(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a limit one strategy uses."""

    strategy_id: str
    used: str


class LimitInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of one instrument in its unit, or `unlimited`."""

    rule: str
    limit: str
    unit: str
    uses: tuple[LimitUse, ...] = ()


class LimitsInfo(msgspec.Struct, frozen=True, kw_only=True):
    """All limits of one instrument."""

    instrument_id: str
    limits: tuple[LimitInfo, ...]
