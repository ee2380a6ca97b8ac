"""The rule says what its own cases say."""

import pytest
from acme_rules.rule import RoundLots, RoundLotSettings

from hexdesk.ports.risk import WrittenCase


@pytest.mark.parametrize("of", [2, 10, 100])
def test_its_cases_are_true(of: int) -> None:
    rule = RoundLots(RoundLotSettings(of=of))
    (edge,) = rule.edges()
    assert rule.check(edge.inside) is None
    verdict = rule.check(edge.beyond)
    assert verdict is not None
    assert verdict.code == rule.code


def test_multiples_pass() -> None:
    rule = RoundLots(RoundLotSettings(of=10))
    passed = [each for each in range(1, 41) if rule.check(WrittenCase(quantity=each)) is None]
    assert passed == [10, 20, 30, 40]
