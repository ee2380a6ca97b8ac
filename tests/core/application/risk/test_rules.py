"""Every rule fires at its limit and not below, whatever the limit; one that cannot is found out."""

from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given
from msgspec.structs import replace

from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.application.risk.catalog import BY_NAME, KINDS
from hexdesk.application.risk.ladders import AWAY, STEPS, LadderRule
from hexdesk.application.risk.order_rules import CountRule, StopRequired
from hexdesk.application.risk.plan import ActiveRule
from hexdesk.application.risk.self_test import try_limits, try_rules
from hexdesk.domain.money import RATE_SCALE
from hexdesk.domain.risk import Layer, RiskLimits, Verdict
from hexdesk.errors import ConfigError
from hexdesk.ports.risk import Edge, OrderCase, WrittenCase
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.risk.desks import activate

ONE = 10**RATE_SCALE
NUMBERS = st.decimals("0.000001", "100000", places=6).map(str)
COUNTS = st.integers(0, 10_000).map(str)
MONEY = st.integers(0, 10**24)

SHARES = [
    ("exposure", "gross_max", "gross", "equity", 1),
    ("exposure", "net_max", "net", "equity", 1),
    ("leverage", "max", "strategy_gross", "strategy_equity", 1),
    ("concentration", "pct_max", "symbol_value", "equity", 100),
    ("order_margin", "pct_max", "reserve", "equity", 100),
    ("per_trade", "pct_max", "stop_distance", "equity", 100),
]


def order_rules(name: str, **settings: Any) -> list[Any]:
    return list(activate(name, settings).made)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_rule_passes_its_own_trial_with_its_defaults(kind: Any) -> None:
    rule = activate(kind.name)
    assert try_rules([rule]) >= 1
    assert all(each.code == kind.code for each in rule.made)


@pytest.mark.parametrize(("name", "key", "part", "whole", "unit"), SHARES)
@given(limit=NUMBERS, measured=MONEY, equity=st.integers(-(10**20), 10**24))
def test_a_share_is_denied_beyond_its_limit_and_only_there(
    name: str, key: str, part: str, whole: str, unit: int, limit: str, measured: int, equity: int
) -> None:
    others = {"gross_max": "off"} if key == "net_max" else {}
    (rule,) = order_rules(name, **{**others, key: limit})
    verdict = rule.check(replace(WrittenCase(), **{part: measured, whole: equity}))
    allowed = Fraction(Fraction(limit) / unit * ONE // 1, ONE) * equity
    assert (verdict is not None) == (measured > allowed)
    assert try_rules([activate(name, {**others, key: limit})]) == 1


@pytest.mark.parametrize(
    ("name", "key", "field"),
    [
        ("position_count", "max", "position_count"),
        ("duplicate", "open_max", "equal_open"),
        ("message_budget", "per_minute_max", "messages"),
    ],
)
@given(limit=COUNTS, measured=st.integers(0, 20_000))
def test_a_number_is_denied_beyond_its_limit_and_only_there(
    name: str, key: str, field: str, limit: str, measured: int
) -> None:
    more = {"reserved_pct": "0"} if name == "message_budget" else {}
    (rule,) = order_rules(name, **{key: limit, **more})
    case = replace(WrittenCase(), **{field: measured})
    assert (rule.check(case) is not None) == (measured > int(limit))


@given(limit=NUMBERS, measured=st.integers(0, 10**15), scale=st.integers(0, 12))
def test_a_quantity_of_all_strategies_is_denied_beyond_its_limit(
    limit: str, measured: int, scale: int
) -> None:
    (rule,) = order_rules("global_position", quantity_max=limit)
    case = WrittenCase(symbol_quantity=measured, quantity_scale=scale)
    assert (rule.check(case) is not None) == (Fraction(measured, 10**scale) > Fraction(limit))


@given(ratio=NUMBERS, gain=st.integers(0, 10**18), loss=st.integers(1, 10**18))
def test_reward_is_denied_below_its_ratio(ratio: str, gain: int, loss: int) -> None:
    (rule,) = order_rules("reward", ratio_min=ratio)
    case = WrittenCase(target_distance=gain, stop_distance=loss)
    assert (rule.check(case) is not None) == (Fraction(gain, loss) < Fraction(ratio))


LADDERS = [kind for kind in KINDS if kind.watches]


@pytest.mark.parametrize("kind", LADDERS, ids=lambda kind: kind.name)
@given(data=st.data())
def test_a_level_begins_at_its_threshold(kind: Any, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(1, 90), min_size=5, max_size=5, unique=True))
    rising = sorted(numbers, reverse=kind.unit == AWAY)
    steps = {key: str(number) for (key, _), number in zip(STEPS, rising, strict=True)}
    rule = activate(kind.name, steps)
    assert try_rules([rule]) == len(STEPS)
    (made,) = rule.made
    assert isinstance(made, LadderRule)
    for level, threshold in made.thresholds:
        assert made.level_of(threshold) is level
        assert made.level_of(threshold - 1) == level - 1


@pytest.mark.parametrize(
    ("name", "settings", "text"),
    [
        ("daily_loss", {"warn": "5", "reduce": "3"}, "not less than the step before"),
        ("daily_loss", {"warn": "0"}, "more than 0"),
        ("daily_loss", {"warn": "off", "reduce": "off"}, "no limit"),
        ("exposure", {"gross_max": "-1"}, "0 to"),
        ("exposure", {"gross_max": "much"}, "decimal number"),
        ("exposure", {"gross_max": "unlimited"}, "no limit"),
        ("position_count", {"max": "1.5"}, "whole number"),
        ("message_budget", {"reserved_pct": "101"}, "0 to 100"),
        ("daily_loss", {"throttle_s": "off"}, "seconds"),
        ("liquidation", {"warn": "5", "reduce": "10"}, "not more than the step before"),
        ("liquidation", {"warn": "100"}, "less than 100"),
        ("liquidation", {"warn": "0"}, "more than 0"),
    ],
)
def test_senseless_settings_stop_the_start(name: str, settings: Any, text: str) -> None:
    with pytest.raises(ConfigError, match="RISK_SELFTEST") as caught:
        try_rules([activate(name, settings)])
    assert text in str(caught.value)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        activate("exposure", {"gros_max": "1"})


class Deaf(CountRule):
    """Never fires."""

    def check(self, case: OrderCase) -> Verdict | None:
        return None


class Shy(StopRequired):
    """Names no case."""

    def edges(self) -> tuple[Edge, ...]:
        return ()


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Deaf("deaf", "X_DEAF", "messages", 3), "does not fire beyond"),
        (Shy(), "names no case"),
    ],
)
def test_a_rule_that_cannot_fire_stops_the_start(rule: Any, text: str) -> None:
    active = ActiveRule(rule.name, Layer.ORDER, WrittenCase(), lambda _settings: [rule])
    with pytest.raises(ConfigError, match=text):
        try_rules([active])


@given(
    quantity=st.integers(0, 10**9).map(str),
    notional=st.integers(0, 10**12).map(str),
    collar=st.decimals("0", "100", places=3).map(str),
    count=st.integers(0, 1_000).map(str),
)
def test_the_gates_own_limits_fire_too(
    quantity: str, notional: str, collar: str, count: str
) -> None:
    limits = RiskLimits(
        order_quantity_max=quantity, order_notional_max=notional, position_quantity_max=quantity,
        position_notional_max=notional, collar_pct=collar, open_orders_max=count,
    )  # fmt: skip
    assert try_limits(INSTRUMENT, GateLimits(limits, INSTRUMENT)) == 6


class Lost(GateLimits):
    """Limits that are not kept."""

    def alone(self, name: str) -> GateLimits:
        return super().alone("")


def test_a_limit_of_the_gate_that_cannot_fire_stops_the_start() -> None:
    with pytest.raises(ConfigError, match=r"order_notional_max.*does not fire"):
        try_limits(INSTRUMENT, Lost(RiskLimits(), INSTRUMENT))


def test_names_are_unique_and_codes_are_words() -> None:
    assert len(BY_NAME) == len(KINDS)
    assert all(kind.code.replace("_", "").isupper() for kind in KINDS)
