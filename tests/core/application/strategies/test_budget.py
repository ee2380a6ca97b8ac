"""One overrun is told, several in a row are final, and any callback can be timed."""

import pytest

from hexdesk.application.strategies.budget import STRIKES_MAX, BudgetGuard
from hexdesk.application.strategies.host import StrategyHost
from tests.core.application.rig import Rig


@pytest.mark.parametrize("told", [(), ("event",), ("timer", 5)])
def test_whatever_a_callback_is_told_it_is_timed(told: tuple[object, ...]) -> None:
    costs = [100, 101, 100, *[200] * STRIKES_MAX]
    now = 0
    seen: list[tuple[object, ...]] = []
    overruns: list[tuple[int, bool]] = []

    def callback(*what: object) -> None:
        nonlocal now
        now += costs[len(seen)]
        seen.append(what)

    def over(host: StrategyHost, spent_ns: int, *, is_final: bool) -> None:
        assert host.strategy_id == "a"
        overruns.append((spent_ns, is_final))

    guard = BudgetGuard(Rig().host(), callback, lambda: now, 100, over)
    for _ in costs:
        guard(*told)
    assert seen == [told] * len(costs)
    finals = [False] * (STRIKES_MAX - 1) + [True]
    assert overruns == [(101, False), *((200, is_final) for is_final in finals)]
