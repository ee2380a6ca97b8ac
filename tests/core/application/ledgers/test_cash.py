"""Cash that moves without a trade: booked once, shared exactly, restored (L6, L10, L11)."""

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hexdesk.application.durability.replay import restored_desk
from hexdesk.application.durability.state import capture, decode_state, encode_state
from hexdesk.domain.accounts import CASH_IDS_MAX
from hexdesk.domain.cash import CashKind, CashMoved
from hexdesk.domain.market import FundingRate
from hexdesk.domain.money import Money, parse_money
from hexdesk.domain.values import BUY, SELL, Side
from hexdesk.testing.broker_bench import INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import Rig

UNIT = 10**8
"""One USDT."""


def move(rig: Rig, amount: int, kind: CashKind = CashKind.FUNDING, **changes: object) -> CashMoved:
    """Let the venue move cash; for the instrument unless told otherwise."""
    now = rig.now()
    plain = CashMoved("account", f"F{now}", kind, amount, "USDT", INSTRUMENT.id, now, now)
    moved = replace(plain, **changes)
    rig.report(moved)
    return moved


def hold(rig: Rig, name: str, side: Side, lots: int) -> None:
    """Let a strategy hold something."""
    order_id = rig.act(lambda context: context.submit(INSTRUMENT.id, side, lots * LOT), name)
    rig.fill(order_id)


def funding(rig: Rig) -> dict[str, int]:
    return {name: host.ledgers[INSTRUMENT.id].funding for name, host in rig.desk.hosts.items()}


@pytest.fixture
def rig() -> Rig:
    rig = Rig("a", "b", "c").start()
    hold(rig, "a", BUY, 10)
    hold(rig, "b", SELL, 4)
    return rig


def test_funding_is_shared_by_what_was_held(rig: Rig) -> None:
    before = rig.account.balances["USDT"].total
    move(rig, -6 * UNIT)
    assert funding(rig) == {"a": -10 * UNIT, "b": 4 * UNIT, "c": 0}
    balance = rig.account.balances["USDT"]
    assert balance.total - before == -6 * 10**balance.scale
    assert (balance.unassigned, balance.deposited) == (
        0,
        rig.deposit.amount * 10 ** (balance.scale - 8),
    )
    check_books(rig)


def test_it_is_a_result_of_the_strategy(rig: Rig) -> None:
    ledger = rig.host().ledgers[INSTRUMENT.id]
    before = ledger.booked
    move(rig, -6 * UNIT)
    assert ledger.booked - before == -10 * 10**ledger.balance.scale


def test_the_same_movement_is_booked_once(rig: Rig) -> None:
    moved = move(rig, -UNIT)
    count, total = len(rig.records), rig.account.balances["USDT"].total
    rig.report(moved)
    rig.report(replace(moved, amount=5, ts_init=rig.now()))
    assert rig.account.balances["USDT"].total == total
    assert (len(rig.records), rig.desk.counts.duplicates) == (count, 2)


def test_it_is_known_after_a_restart(rig: Rig) -> None:
    moved = move(rig, -UNIT)
    desk = restored_desk(decode_state(encode_state(capture(rig.desk))))
    total = desk.accounts["venue"].balances["USDT"].total
    desk.on_report(moved)
    assert desk.accounts["venue"].balances["USDT"].total == total
    assert desk.hosts["a"].ledgers[INSTRUMENT.id].funding == funding(rig)["a"]


def test_what_came_for_nobody_is_the_accounts_alone(rig: Rig) -> None:
    move(rig, 3, CashKind.INTEREST, instrument_id="")
    move(rig, 4, instrument_id="NOBODYS.ACME")
    move(rig, 5, CashKind.DIVIDEND, currency="BNB")
    assert set(funding(rig).values()) == {0}
    balances = rig.account.balances
    assert balances["USDT"].unassigned == 7 * 10 ** (balances["USDT"].scale - 8)
    assert balances["BNB"].unassigned == balances["BNB"].total > 0
    check_books(rig)


@pytest.mark.parametrize(
    ("kind", "amount"), [(CashKind.DEPOSIT, 5 * UNIT), (CashKind.WITHDRAWAL, -5 * UNIT)]
)
def test_what_is_paid_in_is_no_result(rig: Rig, kind: CashKind, amount: int) -> None:
    before = rig.account.balances["USDT"].deposited
    move(rig, amount, kind)
    balance = rig.account.balances["USDT"]
    assert balance.deposited - before == amount * 10 ** (balance.scale - 8)
    assert (balance.unassigned, set(funding(rig).values())) == (0, {0})
    rig.deposits.append(Money(amount, "USDT"))
    check_books(rig)


def test_an_account_that_nobody_has_is_a_dead_letter(rig: Rig) -> None:
    total = rig.account.balances["USDT"].total
    move(rig, 1, account_id="other")
    assert rig.desk.counts.dead_letters == 1
    assert rig.account.balances["USDT"].total == total


def test_a_rate_is_told_to_strategies_and_changes_nothing(rig: Rig) -> None:
    now = rig.now()
    rate = FundingRate(INSTRUMENT.id, 100_000, now, now)
    total = rig.account.balances["USDT"].total
    rig.desk.handle(rate)
    assert rig.puppets["a"].of("on_funding") == [rate]
    assert rig.account.balances["USDT"].total == total


def test_a_decision_that_follows_from_a_rate_is_written_before_it(rig: Rig) -> None:
    puppet = rig.puppets["a"]
    puppet.hooks["on_funding"] = lambda _rate: puppet.context.submit(INSTRUMENT.id, SELL, LOT)
    now = rig.now()
    rate = FundingRate(INSTRUMENT.id, 100_000, now, now)
    rig.desk.handle(rate)
    assert rig.records[-1] == rate
    assert rig.sent[-1].side is SELL


def test_only_the_latest_ids_are_kept(rig: Rig) -> None:
    for _ in range(CASH_IDS_MAX):
        rig.account.is_new(f"X{_}")
    assert rig.account.is_new("one more")
    assert len(rig.account.cash_ids) == CASH_IDS_MAX
    assert not rig.account.is_new("X1")
    assert rig.account.is_new("X0")


@settings(max_examples=40)
@given(
    held=st.lists(st.integers(-5, 5), min_size=3, max_size=3),
    moves=st.lists(
        st.tuples(
            st.sampled_from([CashKind.FUNDING, CashKind.DIVIDEND, CashKind.OTHER]),
            st.integers(-(10**10), 10**10),
            st.booleans(),
        ),
        max_size=8,
    ),
)
def test_strategies_and_nobody_have_what_the_account_got(
    held: list[int], moves: list[tuple[CashKind, int, bool]]
) -> None:
    """L10 and L11 for cash: whatever was held, the sum of all shares is what was moved, once."""
    rig = Rig("a", "b", "c").start()
    for name, lots in zip("abc", held, strict=True):
        if lots:
            hold(rig, name, BUY if lots > 0 else SELL, abs(lots))
    before = rig.account.balances["USDT"].total
    for kind, amount, twice in moves:
        moved = move(rig, amount, kind)
        if twice:
            rig.report(moved)
    balance = rig.account.balances["USDT"]
    factor = 10 ** (balance.scale - 8)
    expected = sum(amount for _, amount, _ in moves) * factor
    assert balance.total - before == expected
    assert sum(funding(rig).values()) * factor + balance.unassigned == expected
    assert (balance.unassigned == expected) or sum(held)
    check_books(rig)
    assert_replayed(rig, len(rig.records) // 2)


def test_a_purse_of_another_currency_is_opened() -> None:
    rig = Rig().start()
    money = parse_money("1 EUR")
    move(rig, money.amount, CashKind.DEPOSIT, currency="EUR")
    assert rig.account.balances["EUR"].total == rig.account.balances["EUR"].deposited == 100


def test_a_snapshot_of_before_there_was_funding_is_read() -> None:
    """Fields were only appended: what an older version wrote has none of them."""
    rig = Rig("a").start()
    hold(rig, "a", BUY, 1)
    encoded = encode_state(capture(rig.desk))
    fields = msgspec.msgpack.decode(encoded)
    accounts, hosts = fields[5], fields[6]
    for account in accounts:
        assert account.pop() == [], "ids of cash"
        for balance in account[1]:
            assert balance.pop() == 0, "unassigned"
    for host in hosts:
        for ledger in host[1]:
            assert ledger.pop() == 0, "funding"
    assert encode_state(decode_state(msgspec.msgpack.encode(fields))) == encoded
