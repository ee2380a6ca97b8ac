"""`hexdesk roll-trading-day` in front of a desk."""

import pytest

from hexdesk.testing.broker_bench import INSTRUMENT
from tests.app.cli.remote.conftest import ServedDesk


def day_of(desk: ServedDesk) -> int | None:
    return desk.do(lambda rig: rig.desk.markets.by_id[INSTRUMENT.id].trading_day)


def test_a_day_begins_once_and_is_tried_before(desk: ServedDesk) -> None:
    before = day_of(desk)
    words = ("roll-trading-day", "2023-11-15", "--reason", "holiday", "--json")
    name = f"instruments/{INSTRUMENT.id}"
    assert desk(*words, "--dry-run").data["instruments"] == [name]
    assert day_of(desk) == before
    first = desk(*words, "--request-id", "k1")
    assert (first.document["schema"], first.data["instruments"]) == (
        "hexdesk.roll-trading-day/1", [name],
    )  # fmt: skip
    assert day_of(desk) == 20231115
    assert desk(*words, "--request-id", "k1").data == first.data, "the first answer again"
    assert desk(*words).data["instruments"] == [], "it is that day already"
    assert desk(*words[:1], "20231116", "--venue", "ACME", "--reason", "x").out.count("ACME") == 1


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("tomorrow", "--reason", "x"), 4, "as 20261123"),
        (("20231115",), 4, "expected why"),
        (("20991231", "--reason", "x"), 4, "within 31"),
        (("20231115", "--instrument", "NO.WHERE", "--reason", "x"), 2, "NO.WHERE"),
    ],
    ids=["no day", "no reason", "far away", "no instrument"],
)
def test_what_makes_no_sense_is_refused(
    desk: ServedDesk, words: tuple[str, ...], code: int, text: str
) -> None:
    before = day_of(desk)
    answer = desk("roll-trading-day", *words)
    assert (answer.code, text in answer.err) == (code, True), answer.err
    assert day_of(desk) == before
