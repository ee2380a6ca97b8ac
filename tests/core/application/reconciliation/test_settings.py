"""`[reconciliation]`: defaults as designed, nonsense refused with what was expected."""

import msgspec
import pytest

from hexdesk.application.reconciliation.findings import (
    DEFAULT_POLICIES,
    NEVER_BY_ITSELF,
    POLICIES_POSSIBLE,
    Mismatch,
    Policy,
)
from hexdesk.application.reconciliation.settings import (
    ReconciliationSettings,
    doubled,
    nanoseconds,
)


def test_the_defaults_are_those_of_the_design() -> None:
    settings = ReconciliationSettings()
    assert settings.enabled
    intervals = (settings.in_flight_s, settings.orders_s, settings.positions_s, settings.balances_s)
    assert intervals == (2, 10, 15, 60)
    failures = (settings.backoff_s_min, settings.backoff_s_max, settings.failures_max)
    assert failures == (1, 60, 10)
    assert (settings.pause_s, settings.stale_s) == (60, 120)
    assert settings.average_price_tolerance_pct == 0.01


def test_every_kind_has_a_default_that_makes_sense() -> None:
    for kind in Mismatch:
        default = DEFAULT_POLICIES[kind]
        assert default
        assert set(default) <= POLICIES_POSSIBLE[kind]
        assert not any((kind, policy) in NEVER_BY_ITSELF for policy in default)
        assert ReconciliationSettings().policies_of(kind) == default


def test_policies_are_written_as_a_word_or_a_list() -> None:
    table = {"policies": {"CASH": "ignore", "POSITION_QUANTITY": ["reduce", "halt"]}}
    settings = msgspec.convert(table, ReconciliationSettings)
    assert settings.policies_of(Mismatch.CASH) == (Policy.IGNORE,)
    assert settings.policies_of(Mismatch.POSITION_QUANTITY) == (Policy.REDUCE, Policy.HALT)
    assert settings.policies_of(Mismatch.MODE) == (Policy.HALT,)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"policies": {"CASH": "flatten"}}, "policies.CASH: expected adopt, ask, halt, ignore"),
        ({"policies": {"CASH": []}}, "was nothing"),
        ({"policies": {"CASH": ["ignore", "ask"]}}, "ignore stands alone"),
        ({"policies": {"POSITION_UNOWNED": "flatten"}}, "never by itself"),
        ({"policies": {"POSITION_OPPOSED": ["ask", "adopt"]}}, "adopt only by `hexdesk reconcile`"),
        (
            {"policies": {"POSITION_OPPOSED": "cancel"}},
            "policies.POSITION_OPPOSED: expected ask, halt, ignore, reduce; was cancel",
        ),
        ({"policies": {"PHANTOM": "ask"}}, "Invalid enum value 'PHANTOM'"),
        ({"policies": {"CASH": "wait"}}, "Invalid enum value 'wait'"),
        ({"orders_s": 0}, "$.orders_s"),
        ({"order_s": 1}, "order_s"),
        ({"backoff_s_min": 70}, "backoff_s_max: expected at least backoff_s_min"),
        ({"lookup_s": 70}, "lookup_s_max: expected at least lookup_s"),
    ],
)
def test_nonsense_is_refused(table: dict[str, object], words: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(table, ReconciliationSettings)
    assert words in str(caught.value)


def test_waits_double_up_to_the_last() -> None:
    assert [doubled(1, times, 60) // nanoseconds(1) for times in (1, 2, 3, 6, 7, 99)] == [
        1, 2, 4, 32, 60, 60,
    ]  # fmt: skip
