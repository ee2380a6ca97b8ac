"""Positions, average prices, modes and cash."""

from collections.abc import Mapping

from hexdesk.application.reconciliation.books import Books, Holding
from hexdesk.application.reconciliation.findings import Finding, Mismatch
from hexdesk.application.reconciliation.quiet import Quiet
from hexdesk.application.reconciliation.truth import Truth
from hexdesk.application.strategies.host import is_external
from hexdesk.domain.money import Money
from hexdesk.domain.values import QtyRaw


def position_findings(
    books: Books,
    truth: Truth,
    explained: Mapping[str, QtyRaw],
    quiet: Quiet,
    price_tolerance_pct: float,
) -> list[Finding]:
    """Compare net positions; `explained` is what executions not booked yet change in ours."""
    positions = truth.positions or ()
    theirs = {position.instrument_id: position.quantity for position in positions}
    prices = {position.instrument_id: position.avg_px for position in positions}
    instrument_ids = {held_id for _, held_id in books.holdings} | theirs.keys()
    findings: list[Finding] = []
    for instrument_id in sorted(instrument_ids):
        if not quiet.instrument(instrument_id):
            continue
        ours, other = books.held(instrument_id), theirs.get(instrument_id, 0)
        price = prices.get(instrument_id, 0.0)
        unbooked = explained.get(instrument_id, 0)
        if other not in (ours, ours + unbooked):
            findings.append(_position(books, instrument_id, other, unbooked, round(price)))
        elif ours == other:
            findings += _average_price(books, instrument_id, price, price_tolerance_pct)
    return findings


def opposed_findings(books: Books, quiet: Quiet) -> list[Finding]:
    """Find strategies that hold against what is nobody's.

    As when somebody closed a strategy's position by hand. The books add up to what the broker
    holds, but what the strategy means to close would be opened. The difference stays the same
    however much either side holds, so that what a person says of it holds on.
    """
    findings: list[Finding] = []
    for (strategy_id, instrument_id), holding in sorted(books.holdings.items(), key=_place):
        nobodys = books.nobodys(instrument_id)
        if nobodys is None or not (change := holding.against(nobodys)):
            continue
        if is_external(strategy_id) or not quiet.instrument(instrument_id):
            continue
        ours, theirs = ("short", "long") if change > 0 else ("long", "short")
        held, other, both = (
            books.quantity_text(instrument_id, each)
            for each in (holding.quantity, nobodys.quantity, abs(change))
        )
        text = (
            f"{strategy_id} holds {held} {instrument_id} and nobody's books {other}: of {both} "
            "the broker has nothing, and closing it would open a position there"
        )
        findings.append(
            Finding(
                Mismatch.POSITION_OPPOSED,
                f"{strategy_id}/{instrument_id}",
                ours,
                f"nobody's {theirs}",
                text,
                instrument_id,
                change,
                held=books.held(instrument_id),
            )
        )
    return findings


def mode_findings(books: Books, truth: Truth) -> list[Finding]:
    """Compare what the account is set to with what it should be, where both are known."""
    return [
        Finding(
            Mismatch.MODE,
            name,
            wanted,
            truth.modes[name],
            f"{name} of the account is {truth.modes[name]}, the configuration says {wanted}",
        )
        for name, wanted in sorted(books.modes.items())
        if name in truth.modes and truth.modes[name] != wanted
    ]


def cash_findings(books: Books, truth: Truth, quiet: Quiet, tolerance_pct: float) -> list[Finding]:
    """Compare cash by currency; a currency that only we know at 0 is no difference."""
    theirs = {money.currency: money.amount for money in truth.balances or ()}
    findings: list[Finding] = []
    for currency in sorted(books.balances.keys() | theirs.keys()):
        ours, other = books.balances.get(currency, 0), theirs.get(currency, 0)
        if currency in books.unclear_cash:
            quiet.skipped.add(currency)
        if ours == other or currency in books.unclear_cash or not quiet.currency(currency):
            continue
        if not _is_within(ours, other, tolerance_pct):
            ours_text, theirs_text = str(Money(ours, currency)), str(Money(other, currency))
            text = f"cash by our books {ours_text}, by the broker's {theirs_text}"
            findings.append(
                Finding(
                    Mismatch.CASH, currency, ours_text, theirs_text, text, quantity=other - ours
                )
            )
    return findings


def _position(
    books: Books, instrument_id: str, theirs: QtyRaw, explained: QtyRaw, price: int
) -> Finding:
    """Return what no execution explains; `explained` is booked as what it is, and not twice."""
    ours = books.held(instrument_id)
    kind = Mismatch.POSITION_QUANTITY
    if not explained and not theirs:
        kind = Mismatch.POSITION_PHANTOM
    elif not explained and books.is_flat(instrument_id):
        kind = Mismatch.POSITION_UNOWNED
    ours_text = books.quantity_text(instrument_id, ours)
    theirs_text = books.quantity_text(instrument_id, theirs)
    text = f"our fills add up to {ours_text} {instrument_id}, the broker holds {theirs_text}; "
    if explained:
        shown = books.quantity_text(instrument_id, explained)
        ours_text = f"{ours_text} with {shown} unsettled"
        text += f"executions that one side alone knows explain {shown} of it, and none the rest"
    else:
        text += "no execution explains it"
    return Finding(
        kind,
        instrument_id,
        ours_text,
        theirs_text,
        text,
        instrument_id,
        theirs - ours - explained,
        price,
        held=theirs,
    )


def _average_price(
    books: Books, instrument_id: str, theirs: float, tolerance_pct: float
) -> list[Finding]:
    """Compare entry prices where ours is the broker's: one strategy's executions, in their order.

    What several strategies hold the broker nets, and has another price for.
    """
    holdings = [
        holding
        for (_, held_id), holding in books.holdings.items()
        if held_id == instrument_id and holding.fill_count
    ]
    if not theirs or len(holdings) != 1 or instrument_id in books.late:
        return []
    ours = holdings[0].price
    if _is_within(ours, theirs, tolerance_pct):
        return []
    text = f"average raw entry price by our books {ours:.6g}, by the broker's {theirs:.6g}"
    return [
        Finding(
            Mismatch.AVERAGE_PRICE,
            instrument_id,
            f"{ours:.6g}",
            f"{theirs:.6g}",
            text,
            instrument_id,
            price=round(theirs),
        )
    ]


def _place(item: tuple[tuple[str, str], Holding]) -> tuple[str, str]:
    return item[0]


def _is_within(ours: float, theirs: float, tolerance_pct: float) -> bool:
    return abs(ours - theirs) * 100 <= tolerance_pct * max(abs(ours), abs(theirs))
