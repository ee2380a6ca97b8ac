"""Equal inputs give an equal result, bit for bit; other inputs another one."""

import os
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hexdesk.application.durability.fingerprint import result_hash
from hexdesk.domain.market import Quote
from hexdesk.ports.recordings import merge_by_receipt
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.market_path import market_path
from tests.core.application.deterministic_run import events, play

ROOT = Path(__file__).parents[3]
EXPECTED = result_hash(play(events()))


def test_the_run_is_worth_comparing() -> None:
    desk = play(events())
    assert desk.counts.fills > 100
    assert desk.counts.denials
    assert desk.counts.cancels > 10
    assert desk.counts.time_regressions == 0
    assert desk.hosts["fails"].fault
    assert not desk.hosts["works"].fault


def test_equal_inputs_give_an_equal_hash() -> None:
    assert result_hash(play(events())) == EXPECTED
    assert len(EXPECTED) == 32


@given(slices=st.lists(st.integers(1, 300), max_size=10))
@settings(max_examples=10, deadline=None)
def test_how_events_are_sliced_cannot_matter(slices: list[int]) -> None:
    assert result_hash(play(events(), slices=slices)) == EXPECTED


def test_how_fast_they_are_played_cannot_matter() -> None:
    assert result_hash(play(events(), paced=True)) == EXPECTED


def test_another_market_gives_another_hash() -> None:
    assert result_hash(play(events(seed=2))) != EXPECTED


def test_one_price_makes_a_difference() -> None:
    changed = events()
    index, quote = next(
        (index, event)
        for index, event in enumerate(changed)
        if index > 100 and isinstance(event, Quote)
    )
    changed[index] = replace(quote, ask_price=quote.ask_price + 50, bid_price=quote.bid_price + 50)
    moved = [
        replace(event, ask_price=event.ask_price + 5) if isinstance(event, Quote) else event
        for event in changed
    ]
    assert result_hash(play(moved)) != EXPECTED


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_hash_of_a_string_cannot_matter(seed: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.core.application.deterministic_run"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout == EXPECTED


def test_recordings_are_merged_by_receipt_and_equal_times_keep_their_order() -> None:
    whole = list(market_path(INSTRUMENT, 0, count=50))
    halves = [
        [event for event in whole if isinstance(event, Quote) is is_quote]
        for is_quote in (True, False)
    ]
    merged = list(merge_by_receipt([*halves]))
    assert [event.ts_init for event in merged] == sorted(event.ts_init for event in whole)
    assert sorted(map(repr, merged)) == sorted(map(repr, whole))
    assert isinstance(merged[0], Quote)
    assert list(merge_by_receipt([])) == []
    assert list(merge_by_receipt([whole])) == whole
