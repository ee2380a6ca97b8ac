from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import given

from hexdesk.domain.accounts import Account, Balance, fee_of
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import RATE_SCALE, Money, currency_scale, parse_money
from hexdesk.testing.strategies import instruments


@given(st.integers(0, 10**24), st.integers(-(10**9), 10**9), st.integers(0, 20), st.integers(0, 12))
def test_fees_are_rounded_against_us_by_less_than_one(
    value: int, rate: int, value_scale: int, money_scale: int
) -> None:
    exact = Fraction(value * rate, 10 ** (value_scale + RATE_SCALE)) * 10**money_scale
    fee = fee_of(value, rate, value_scale, money_scale)
    assert exact <= fee < exact + 1


def test_fee_by_hand() -> None:
    taker, rebate = 400_000, -100_000  # 0.04 %, -0.01 %
    assert fee_of(10_001, taker, 2, 2) == 5  # 100.01 at 0.04 % is 0.040004: paid as 0.05
    assert fee_of(10_001, rebate, 2, 2) == -1  # 0.010001 received as 0.01


@given(st.lists(instruments(), max_size=4))
def test_cash_scale_is_fine_enough_for_every_result(traded: list[Instrument]) -> None:
    account = Account("a", traded)
    for instrument in traded:
        balance = account.balance(instrument.settle)
        assert balance.scale >= instrument.value_scale
        assert balance.scale >= currency_scale(instrument.settle)


@given(instruments(), st.lists(st.integers(-(10**12), 10**12), max_size=20))
def test_deposits_and_fees_add_up_exactly(instrument: Instrument, amounts: list[int]) -> None:
    account = Account("a", [instrument])
    settle = instrument.settle
    for amount in amounts:
        account.deposit(Money(amount, settle))
        account.pay_fee(amount // 2, settle)
    balance = account.balance(settle)
    unit = 10 ** (balance.scale - currency_scale(settle))
    assert balance.total == unit * sum(amount - amount // 2 for amount in amounts)


def test_currencies_are_kept_apart() -> None:
    account = Account("a")
    account.deposit(parse_money("1.5 BTC"))
    account.deposit(parse_money("100 JPY"))
    account.pay_fee(30, "JPY")
    assert [str(account.balance(name)) for name in ("BTC", "JPY", "USD")] == [
        "1.5 BTC",
        "70 JPY",
        "0 USD",
    ]


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_available_is_what_is_not_bound(total: int, reserved: int, used: int) -> None:
    balance = Balance("USDT", 8, total)
    balance.reserved, balance.used = reserved, used
    assert balance.available + reserved + used == total
