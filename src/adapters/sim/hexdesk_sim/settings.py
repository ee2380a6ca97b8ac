"""Settings of the simulated venue, as in `[brokers.sim]` of `plugins.toml`."""

from typing import Annotated, Literal

import msgspec

NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Count = Annotated[int, msgspec.Meta(ge=1)]
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]

ReportKind = Literal[
    "accepted",
    "triggered",
    "rejected",
    "canceled",
    "expired",
    "updated",
    "cancel_rejected",
    "amend_rejected",
    "fill",
    "busted",
    "cash",
]
RequestKind = Literal["submit", "amend", "cancel"]


class Fault(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="action",
):
    """Something that goes wrong on purpose, at the n-th report or request of a kind.

    Attributes:
        nth: Which one, counted from 1 over the whole session; 0 is every one.
    """

    nth: Annotated[int, msgspec.Meta(ge=0)] = 1


class DropReport(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="drop"):
    """The report never arrives."""

    report: ReportKind


class DuplicateReport(
    Fault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="duplicate"
):
    """The report arrives twice."""

    report: ReportKind


class DelayReport(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="delay"):
    """The report arrives late, after others that were sent behind it."""

    report: ReportKind
    delay_ms: NonNegative


class LoseAnswer(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lose_answer"):
    """The request is executed, but its first report is replaced by `OutcomeUnknown`."""

    request: RequestKind


class LoseRequest(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lose_request"):
    """The request never reaches the venue; all that is heard is `OutcomeUnknown`."""

    request: RequestKind


class BustTrade(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="bust"):
    """The n-th fill is broken after a while; `leaves_live` is None where the venue is silent."""

    delay_ms: NonNegative = 0
    leaves_live: bool | None = None


AnyFault = DropReport | DuplicateReport | DelayReport | LoseAnswer | LoseRequest | BustTrade


class MatchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the venue matches; fees come from the instruments.

    Attributes:
        slippage_bps: Every taker fill is this much worse than the displayed price, rounded
            against us to the next tick, but never beyond the order's limit.
        sweep: Whether the last known level takes the rest of a market order; else the rest is
            canceled.
        queue: Where a resting order joins its price: at the `back` public trades first have to
            use up what was displayed when it joined.
        trigger: What sets off stops: the touch (`quote`), public trades, or `any` of them.
        position_mode: How the venue nets.
        check_funds: Whether orders that the account cannot pay are rejected (VENUE_FUNDS): for
            margin, or, of spot, the quote currency that a buyer gives and the base currency that a
            seller does.
        price_band_pct: Limit prices further than this beyond the touch are rejected; 0 leaves
            only the instrument's daily limits.
        reject_rate: Share of new orders that are rejected at random (VENUE_OTHER).
        day_end_utc: When DAY orders expire and today's positions become yesterday's.
        open_orders_max: Most open orders of one account.
        history_max: Most closed orders, and most fills, that are remembered per account; older
            ones are unknown to queries and busts, and their ids may be used again.
    """

    slippage_bps: NonNegative = 0.5
    sweep: bool = True
    queue: Literal["front", "back"] = "back"
    trigger: Literal["any", "quote", "trade"] = "any"
    position_mode: Literal["netting", "hedging"] = "netting"
    check_funds: bool = False
    price_band_pct: Percent = 0
    reject_rate: Share = 0
    day_end_utc: ClockTime = "00:00"
    open_orders_max: Count = 1_000_000
    history_max: Count = 100_000


class SimSettings(MatchSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the venue matches, and the way there and back.

    Requests of one account arrive, and its reports come back, in the order they were sent.

    Attributes:
        submit_latency_ms: From the desk to the venue.
        amend_latency_ms: The same for amendments.
        cancel_latency_ms: The same for cancels.
        report_latency_ms: From the venue to the desk.
        jitter_ms: Up to this much is added to each, at random.
        requests_in_flight_max: Further requests are refused (VENUE_RATE).
        faults: What goes wrong on purpose.
        client_ids: Whether the venue keeps client order ids; without, it is as kabu STATION:
            queries and executions name orders by the venue's ids alone.
        depth: Whether to keep level-2 books where the feed has them, so that takers walk them;
            costs time on every book update, none on quotes.
    """

    submit_latency_ms: NonNegative = 2
    amend_latency_ms: NonNegative = 2
    cancel_latency_ms: NonNegative = 2
    report_latency_ms: NonNegative = 2
    jitter_ms: NonNegative = 0
    requests_in_flight_max: Count = 100_000
    faults: tuple[AnyFault, ...] = ()
    client_ids: bool = True
    depth: bool = True

    @property
    def is_direct(self) -> bool:
        """Whether requests and reports need no timer at all."""
        return not (
            self.submit_latency_ms
            or self.amend_latency_ms
            or self.cancel_latency_ms
            or self.report_latency_ms
            or self.jitter_ms
            or self.faults
        )
