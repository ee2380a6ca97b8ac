"""What turns of two desks say is what telemetry costs, whatever neighbours do meanwhile."""

import random

import pytest

from hexdesk_app.bench.telemetry_desk import Turn
from hexdesk_app.bench.telemetry_turns import Group, Pair, compare, compared, middle

COST = 1.05
THREADS = 0.02
PUBLISH_S = 0.004


def turn(seconds: float, threads: float = 0.0, published: int = 0) -> Turn:
    return Turn(
        loop_s=seconds,
        wall_s=2 * seconds,
        main_s=seconds,
        threads_s=threads * seconds,
        publish_s=published * PUBLISH_S,
        published=published,
    )


def noisy_pair(rng: random.Random) -> Pair:
    """Return turns on a machine whose neighbours come and go, and take half of some turns."""

    def group() -> Group:
        speed = rng.uniform(0.8, 1.6)
        stolen = [rng.choice((1, 1, 1, 1, 1, 2)) * rng.uniform(0.9, 1.1) for _ in range(4)]
        a, b, c, d = (speed * each for each in stolen)
        return (turn(a), turn(COST * b, 9.0), turn(COST * c, 9.0, rng.random() < 0.1), turn(d))

    stretch = [(turn(100.0), turn(100.0 * speed, THREADS)) for speed in (1.0, 1.5, 0.9)]
    return Pair([group() for _ in range(200)], stretch)


def test_neighbours_do_not_change_what_is_found() -> None:
    """5 % of the thread, 0.4 % for publishing, 2 % of threads; stopped threads do not count."""
    rng = random.Random(7)
    found = compared([noisy_pair(rng) for _ in range(5)], 1_000)
    assert found.slowdown_pct == pytest.approx(7.4, abs=1.0)
    assert found.noise_pct < 2.0
    assert found.threads_pct == pytest.approx(2.0)
    assert found.wall_pct == pytest.approx(5.0, abs=1.0)
    assert found.seconds == 200.0


def test_the_noise_says_how_far_pairs_lie_apart() -> None:
    def pair(cost: float) -> Pair:
        group = (turn(1.0), turn(cost), turn(cost), turn(1.0))
        return Pair([group], [(turn(1.0), turn(1.0))])

    assert compared([pair(1.05)] * 3, 1).noise_pct == 0.0
    apart = compared([pair(1.02), pair(1.05), pair(1.08)], 1)
    assert apart.slowdown_pct == pytest.approx(5.0)
    assert apart.noise_pct == pytest.approx(2 * 3.0 / 3**0.5)


def test_the_middle_half_counts() -> None:
    assert middle([-1_000.0, 1.0, 3.0, 1_000.0]) == 2.0
    assert middle([1.0, 2.0]) == 1.5


def test_two_real_desks_play_what_they_are_told() -> None:
    found = compare("orders", "", turns=4, ticks=80)
    assert found.events == 10
    assert found.seconds > 0.0
    assert found.threads_pct == pytest.approx(0.0, abs=5.0)
    assert (found.traces, found.dropped) == (0, 0)
