"""What happens when is drawn from a seed, cycle by cycle."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hexdesk_app.chaos.plan import LONGEST_S, STOP_S_MAX, Blow, Since, cycle_of

SEEDS = st.integers(0, 2**63)
NUMBERS = st.integers(1, 10**6)


@given(SEEDS, NUMBERS)
def test_a_cycle_is_a_function_of_seed_and_number(seed: int, number: int) -> None:
    assert cycle_of(seed, number) == cycle_of(seed, number)
    assert cycle_of(seed, number) != cycle_of(seed, number + 1)


@given(SEEDS, NUMBERS)
def test_a_cycle_ends_with_the_one_kill_of_the_desk(seed: int, number: int) -> None:
    cycle = cycle_of(seed, number)
    blows = [strike.blow for strike in cycle.strikes]
    assert blows[-1] is Blow.KILL_DESK
    assert blows.count(Blow.KILL_DESK) == 1
    if Blow.STOP_DESK in blows:
        assert blows[-2] is Blow.STOP_DESK
        assert cycle.since is Since.READY
    longest_s = LONGEST_S[cycle.since] + (STOP_S_MAX if cycle.since is Since.READY else 0)
    assert all(strike.after_s >= 0 for strike in cycle.strikes)
    assert sum(strike.after_s for strike in cycle.strikes) <= longest_s


def test_everything_happens_within_a_thousand_cycles() -> None:
    cycles = [cycle_of(1, number) for number in range(1, 1_001)]
    blows = Counter(strike.blow for cycle in cycles for strike in cycle.strikes)
    assert set(blows) == set(Blow)
    actions = {fault["action"] for cycle in cycles for fault in cycle.faults}
    assert actions == {
        "lose_request",
        "drop_answer",
        "delay_answer",
        "duplicate_reports",
        "drop_reports",
        "reorder_reports",
        "delay_reports",
        "close_stream",
        "half_open_stream",
    }
    since = Counter(cycle.since for cycle in cycles)
    assert all(since[each] > 150 for each in Since)
