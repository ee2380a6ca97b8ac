"""The sum of the ledgers is the account, always: several strategies, currencies, and a restart.

Issue 4, item 2. Ids of seed systems: C3, C22.
"""

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import msgspec
from hypothesis import given, settings

from hexdesk.application.durability.replay import read_life
from hexdesk.application.risk.books import Purse
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.money import currency_scale, parse_money, pow10
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.values import BUY, LIMIT, MARKET, SELL, Operation, Side
from hexdesk.testing.broker_bench import ASK, BID, LOT, SIZE
from tests.core.application.books import check_books
from tests.core.application.risk.desks import RiskRig, plan
from tests.core.application.test_desk_machine import INSTRUMENTS

NAMES = ("a", "b", "c")
CAPITAL = {"a": "3000 USDT", "b": "5000 USDT", "c": "20 TEST"}


class Happening(msgspec.Struct, frozen=True):
    """An order and what becomes of it, a price, or money that comes or goes."""

    name: str
    instrument: Instrument
    side: Side
    lots: int
    then: str
    ticks: int
    money: int


HAPPENINGS = st.lists(
    st.builds(
        Happening,
        name=st.sampled_from(NAMES),
        instrument=st.sampled_from(INSTRUMENTS),
        side=st.sampled_from([BUY, BUY, SELL]),
        lots=st.integers(1, 4),
        then=st.sampled_from(
            ["fill", "fill", "part", "accept", "silence", "reject", "cancel", "doubt", "deposit"]
        ),
        ticks=st.integers(-100, 100),
        money=st.integers(-100, 500),
    ),
    min_size=1,
    max_size=20,
)


def happen(rig: RiskRig, each: Happening) -> None:
    """Let it happen."""
    price = ASK + 5 * each.ticks
    rig.quote(price, price + 5, each.instrument)
    if each.then == "deposit":
        rig.deposit_more(parse_money(f"{each.money} {each.instrument.settle}"))
        return
    before = len(rig.sent)
    kind, limit = (LIMIT, price) if each.lots % 2 else (MARKET, 0)
    rig.act(
        lambda context: context.submit(each.instrument.id, each.side, each.lots * LOT, kind, limit),
        each.name,
    )
    if len(rig.sent) > before:
        answer(rig, rig.sent[-1].client_order_id, each.then, price)


def answer(rig: RiskRig, order_id: str, how: str, price: int) -> None:
    """Let the venue say what became of an order."""
    answers: dict[str, Callable[[], object]] = {
        "fill": lambda: rig.fill(order_id, price=price),
        "part": lambda: rig.fill(order_id, LOT // 2, price=price),
        "accept": lambda: rig.accept(order_id),
        "reject": lambda: rig.rejected(order_id),
        "cancel": lambda: rig.canceled(order_id),
        "doubt": lambda: rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "", rig.now())),
        "silence": lambda: None,
    }
    answers[how]()


def check_purses(engine: RiskEngine) -> None:
    """Strategies add up to their account in every currency, what is held and free included."""
    for (scope, currency), account in engine.purses.items():
        if scope != "account:venue":
            continue
        account.refresh()
        own = [
            purse
            for (other, money), purse in engine.purses.items()
            if other.startswith("strategy:") and money == currency
        ]
        assert account.result == sum(purse.result for purse in own)
        assert account.gross == sum(purse.gross for purse in own)
        assert account.worth == sum(purse.worth for purse in own)
        for purse in own:
            check_available(purse)


def check_available(purse: Purse) -> None:
    """What is free of a strategy's capital is what it has not lost, reserved or bound."""
    ledgers = [stake.ledger for stake in purse.stakes]
    open_result = sum(stake.unrealised for stake in purse.stakes)
    booked = sum(ledger.booked for ledger in ledgers)
    reserved = sum(ledger.reserved + ledger.bound for ledger in ledgers)
    assert purse.available == max(purse.capital + booked - reserved + min(open_result, 0), 0)
    assert purse.equity == purse.capital + booked + open_result


def check_ledgers(rig: RiskRig, desk: Any) -> None:
    """Reserves, used margin and cash of the account are those of the strategies' ledgers."""
    ledgers = [ledger for host in desk.hosts.values() for ledger in host.ledgers.values()]
    for currency, balance in desk.accounts["venue"].balances.items():
        settled = [each for each in ledgers if each.instrument.settle == currency]
        digits = pow10(balance.scale - currency_scale(currency))
        elsewhere = sum(each.other_fees.get(currency, 0) for each in ledgers) * digits
        booked = sum(each.booked for each in settled) - elsewhere
        assert booked == _result(rig, balance, settled, currency)
        margined = [each for each in settled if each.instrument.is_margined]
        if len(margined) == len(settled) and not _is_base(currency):
            assert balance.reserved == sum(each.reserved for each in settled)
            assert balance.used == sum(each.bound for each in settled)


def _is_base(currency: str) -> bool:
    return any(each.base == currency and not each.is_margined for each in INSTRUMENTS)


def _result(rig: RiskRig, balance: Any, settled: list[Any], currency: str) -> int:
    """Cash that is no deposit, with what was paid for what is owned outright."""
    digits = pow10(balance.scale - currency_scale(currency))
    paid_in = sum(each.amount for each in (rig.deposit, *rig.deposits) if each.currency == currency)
    owned = sum(
        each.position.cost * (1 if each.position.quantity > 0 else -1)
        * pow10(balance.scale - each.instrument.value_scale)
        for each in settled
        if not each.instrument.is_margined
    )  # fmt: skip
    return int(balance.total - paid_in * digits + owned)


@given(happenings=HAPPENINGS)
@settings(max_examples=120, deadline=None)
def test_ledgers_are_the_account_through_any_history_and_after_a_restart(
    happenings: list[Happening],
) -> None:
    wanted = plan(allocation={}, exposure={"gross_max": "50"}, daily_loss={}, capital=CAPITAL)
    rig = RiskRig(wanted, *NAMES, deposit="100000 USDT", instruments=INSTRUMENTS)
    rig.deposit_more(parse_money("10000 TEST"))
    for instrument in INSTRUMENTS:
        rig.quote(BID, ASK, instrument)
    for happening in happenings:
        happen(rig, happening)
        check_books(rig)
        check_purses(rig.engine)
        check_ledgers(rig, rig.desk)
    desk = read_life(rig.records)
    assert desk is not None
    engine = RiskEngine(desk, wanted).attach()
    for market in rig.desk.markets.by_id.values():
        quote = market.quote
        assert quote is not None
        now = rig.now()
        desk.on_quote(Quote(market.instrument.id, quote.bid_price, SIZE, quote.ask_price, SIZE,
                            now, now))  # fmt: skip
    check_purses(engine)
    check_ledgers(rig, desk)
    for place, purse in engine.purses.items():
        live = rig.engine.purses[place]
        for each in (live, purse):
            each.refresh()
        assert (purse.result, purse.gross, purse.available, purse.equity) == (
            live.result, live.gross, live.available, live.equity,
        )  # fmt: skip
