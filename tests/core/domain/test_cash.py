from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hexdesk.domain.cash import funding_of, shares
from hexdesk.domain.instruments import Instrument, InstrumentKind, InstrumentSettings
from hexdesk.domain.instruments import make_instrument as make
from hexdesk.domain.money import RATE_SCALE, currency_scale

LINEAR = make(
    "XRPUSDT.ACME",
    InstrumentSettings(
        kind=InstrumentKind.PERPETUAL, base="XRP", quote="USDT", tick="0.0001", lot="0.1"
    ),
)
INVERSE = make(
    "BTCUSD.ACME",
    InstrumentSettings(
        kind=InstrumentKind.PERPETUAL, base="BTC", quote="USD", settle="BTC", tick="0.1", lot="1",
        multiplier="100", inverse=True,
    ),
)  # fmt: skip
YEN = make(
    "BTCJPY.ACME",
    InstrumentSettings(
        kind=InstrumentKind.PERPETUAL, base="BTC", quote="JPY", tick="1", lot="0.01"
    ),
)
RATE = 100_000  # 0.01 %

quantities = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("instrument", "quantity", "mark", "rate", "received"),
    [
        (LINEAR, 10_000, 11_000, RATE, -11_000_000),  # long 1,000 XRP at 1.1: pays 0.11 USDT
        (LINEAR, -10_000, 11_000, RATE, 11_000_000),
        (LINEAR, 10_000, 11_000, -RATE, 11_000_000),  # a negative rate: shorts pay
        (INVERSE, 100, 170_000, RATE, -5_883),  # 10,000 USD at 17,000: 0.5882... BTC, paid: up
        (INVERSE, -100, 170_000, RATE, 5_882),  # received: down
        (YEN, 1, 100, 1, -1),  # a trace of a yen is one yen to pay
        (YEN, -1, 100, 1, 0),
        (YEN, 0, 100, RATE, 0),
    ],
)
def test_longs_pay_shorts_at_a_positive_rate(
    instrument: Instrument, quantity: int, mark: int, rate: int, received: int
) -> None:
    assert funding_of(instrument, quantity, mark, rate) == received


@given(
    instrument=st.sampled_from([LINEAR, INVERSE, YEN]), quantity=quantities,
    mark=st.integers(1, 10**9), rate=st.integers(-(10**7), 10**7),
)  # fmt: skip
def test_it_is_rounded_once_and_against_us(
    instrument: Instrument, quantity: int, mark: int, rate: int
) -> None:
    value = instrument.value(mark, abs(quantity))
    exact = Fraction(-value * rate, 10 ** (instrument.value_scale + RATE_SCALE))
    exact = exact if quantity > 0 else -exact
    unit = Fraction(1, 10 ** currency_scale(instrument.settle))
    found = funding_of(instrument, quantity, mark, rate) * unit
    assert exact - unit < found <= exact


@given(
    amount=st.integers(-(10**20), 10**20),
    held=st.dictionaries(st.text("abc", min_size=1, max_size=2), quantities),
)
def test_shares_are_whole_and_come_to_the_amount(amount: int, held: dict[str, int]) -> None:
    found = shares(amount, held)
    net = sum(held.values())
    assert sum(found.values()) == (amount if net else 0)
    assert all(held[name] for name in found)
    for name, share in found.items():
        assert abs(Fraction(amount * held[name], net) - share) < len(found)


def test_who_is_short_receives_what_longs_pay() -> None:
    assert shares(-6, {"a": 10, "b": -4, "c": 0}) == {"a": -10, "b": 4}
    assert shares(-7, {"a": 1, "b": 2, "c": 2}) == {"a": -2, "b": -2, "c": -3}, "the first largest"
    assert shares(5, {"a": 3, "b": -3}) == {}
