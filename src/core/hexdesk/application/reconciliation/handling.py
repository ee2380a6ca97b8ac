"""What a policy means for a finding: from both, and our books, to actions."""

from hashlib import blake2b

from msgspec.structs import replace

from hexdesk.application.orders.working import is_close
from hexdesk.application.reconciliation.actions import (
    Action,
    AdjustCash,
    AdjustPosition,
    AdoptExternal,
    CancelLeftover,
    FeedReport,
    FlattenInstrument,
)
from hexdesk.application.reconciliation.books import Books, Holding, is_at_venue
from hexdesk.application.reconciliation.evidence import evidence
from hexdesk.application.reconciliation.fills import ADJUSTMENT_PREFIX, missed_fills
from hexdesk.application.reconciliation.findings import (
    ADOPT,
    ASK,
    CANCEL,
    FLATTEN,
    HALT,
    POSITION_KINDS,
    Finding,
    Mismatch,
    Policy,
)
from hexdesk.application.reconciliation.incidents import Incident
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.domain.commands import Halt
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.reports import FillBusted, OutcomeUnknown
from hexdesk.domain.values import CONDITIONAL_TYPES, FILLED, Operation, QtyRaw, TimeNs

ADJUSTMENT_DIGEST_BYTES = 10


def actions_for(
    finding: Finding, policy: Policy, books: Books, *, asked_ns: TimeNs, now_ns: TimeNs
) -> list[Action]:
    """Return what a policy asks of the desk; nothing for those that the reconciler keeps itself."""
    reason = f"{finding.kind}: {finding.evidence}"
    if policy is ADOPT:
        return _adopt(finding, books, reason, asked_ns, now_ns)
    if policy is CANCEL:
        return _cancel(finding, books, reason)
    if policy is FLATTEN:
        return _flatten(finding, books, reason)
    if policy is HALT:
        return [Halt(reason, now_ns)]
    return []


def decided(finding: Finding, by: str, why: str, *, is_seen: bool) -> Finding:
    """Return a finding whose evidence says who decided about it, and why.

    One that was not there at the last look has nothing left to be booked.
    """
    evidence_text = f"{by} decided: {why}; {finding.evidence}"
    quantity = finding.quantity if is_seen else 0
    return replace(finding, evidence=evidence_text, quantity=quantity)


def is_still_asked(
    incident: Incident | None, settings: ReconciliationSettings, books: Books
) -> bool:
    """Whether an incident is for a person though its difference is not found any more.

    One that went away because it was adopted is, where the policy says so, until nobody holds
    anything of it: then there is nothing left to decide.
    """
    if incident is None or not {ADOPT, ASK} <= set(settings.policies_of(incident.finding.kind)):
        return False
    finding = incident.finding
    return finding.kind not in POSITION_KINDS or not books.is_flat(finding.instrument_id)


def adjustment_id(instrument_id: str, strategy_id: str, fill_count: int, quantity: QtyRaw) -> str:
    """Return the trade id of an adjustment: the same one for the same state of the same books."""
    text = f"{instrument_id}|{strategy_id}|{fill_count}|{quantity}"
    digest = blake2b(text.encode(), digest_size=ADJUSTMENT_DIGEST_BYTES)
    return f"{ADJUSTMENT_PREFIX}{digest.hexdigest().upper()}"


def _adopt(
    finding: Finding, books: Books, reason: str, asked_ns: TimeNs, now_ns: TimeNs
) -> list[Action]:
    order = books.orders.get(finding.key)
    match finding.kind:
        case Mismatch.FILL_MISSED if order is not None:
            return [FeedReport(fill) for fill in missed_fills(order, finding.fills, now_ns)]
        case Mismatch.FILL_UNKNOWN_TO_VENUE if order is not None:
            return [FeedReport(bust) for bust in _busts(order, finding, now_ns)]
        case Mismatch.ORDER_GONE:
            unknown = OutcomeUnknown(finding.key, Operation.STATUS, 0, finding.evidence, now_ns)
            return [FeedReport(unknown)]
        case Mismatch.ORDER_FIELDS if order is not None and finding.order is not None:
            reports = evidence(
                order, finding.order, asked_ns=asked_ns, visibility_ms=0, now_ns=now_ns
            )
            return [FeedReport(report) for report in reports]
        case Mismatch.ORDER_EXTERNAL:
            return [AdoptExternal(finding.order, finding.fills)]
        case Mismatch.CASH:
            return [AdjustCash(Money(finding.quantity, finding.key), reason)]
        case Mismatch.POSITION_OPPOSED:
            return _nettings(finding, books, reason)
        case kind if kind in POSITION_KINDS:
            return _adjustments(finding, books, reason)
        case _:
            return []


def _busts(order: Order, finding: Finding, now_ns: TimeNs) -> list[FillBusted]:
    """Return the busts that executions unknown to the broker amount to.

    Whether their quantity is back on the book is not known; of an order that ended it is not.
    """
    leaves_live = False if order.life >= FILLED else None
    known, busts = order.fills or {}, order.busts or {}
    return [
        FillBusted(finding.key, fill.trade_id, leaves_live, now_ns, now_ns)
        for fill in finding.fills
        if fill.trade_id in known and fill.trade_id not in busts
    ]


def _adjustments(finding: Finding, books: Books, reason: str) -> list[Action]:
    """Return adjusting executions: a phantom is closed where it stands, at what it cost.

    Any other difference is nobody's: it goes to the books of what no strategy owns.
    """
    instrument_id = finding.instrument_id
    own = [
        (strategy_id, holding)
        for (strategy_id, held_id), holding in sorted(books.holdings.items(), key=_place)
        if held_id == instrument_id
    ]
    if finding.kind is Mismatch.POSITION_PHANTOM:
        parts = [
            (strategy_id, holding.fill_count, -holding.quantity, round(holding.price))
            for strategy_id, holding in own
            if holding.quantity
        ]
    else:
        fill_count = sum(holding.fill_count for _, holding in own)
        parts = [("", fill_count, finding.quantity, finding.price)]
    return [
        AdjustPosition(
            adjustment_id(instrument_id, strategy_id, fill_count, quantity),
            instrument_id,
            strategy_id,
            quantity,
            price,
            reason,
        )
        for strategy_id, fill_count, quantity, price in parts
    ]


def _nettings(finding: Finding, books: Books, reason: str) -> list[Action]:
    """Return what gives nobody's part to the strategy that holds against it.

    Two executions at the price of nobody's part: they add up to nothing, so that position and cash
    of the account stay as they are, and the strategy's result is what that part has made of it.
    """
    instrument_id = finding.instrument_id
    strategy_id = finding.key.removesuffix(f"/{instrument_id}")
    holding, nobodys = (
        books.holdings.get((strategy_id, instrument_id)),
        books.nobodys(instrument_id),
    )
    if holding is None or nobodys is None or not (change := holding.against(nobodys)):
        return []
    price = round(nobodys.price)
    sides = ((finding.key, "", nobodys, -change), (strategy_id, strategy_id, holding, change))
    return [
        AdjustPosition(
            adjustment_id(instrument_id, name, side.fill_count, quantity),
            instrument_id,
            owner,
            quantity,
            price,
            reason,
        )
        for name, owner, side, quantity in sides
    ]


def _flatten(finding: Finding, books: Books, reason: str) -> list[Action]:
    """Return what closes all that the broker holds: no more, or it refuses, and no less.

    So what our books lack of it comes first, whatever may yet explain it.
    """
    actions: list[Action] = []
    lacking = finding.held - books.held(finding.instrument_id)
    if finding.quantity and lacking:
        actions += _adjustments(replace(finding, quantity=lacking), books, reason)
    return [*actions, FlattenInstrument(finding.instrument_id, finding.held, reason)]


def _place(item: tuple[tuple[str, str], Holding]) -> tuple[str, str]:
    return item[0]


def _cancel(finding: Finding, books: Books, reason: str) -> list[Action]:
    if finding.kind is Mismatch.ORDER_EXTERNAL:
        return [AdoptExternal(finding.order, finding.fills, is_canceled=True)]
    if finding.kind in POSITION_KINDS:
        return [
            CancelLeftover(order.intent.client_order_id, reason)
            for order in books.orders.values()
            if order.intent.instrument_id == finding.instrument_id and _is_protective(order)
        ]
    return [CancelLeftover(finding.key, reason)]


def _is_protective(order: Order) -> bool:
    intent = order.intent
    return is_at_venue(order) and (
        is_close(intent) or bool(intent.parent_id) or intent.order_type in CONDITIONAL_TYPES
    )
