"""`hexdesk why` of orders that a person decided about: who, and why, not "evidence"."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hexdesk.application.orders.resolving import BY_OPERATOR
from hexdesk.domain.commands import NoteIncident, Resolution, ResolveOrder
from hexdesk.domain.reports import FillBusted, OrderAbandoned, OutcomeUnknown
from hexdesk.domain.values import Operation
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.app.cli.conftest import Run
from tests.app.cli.test_replay import Ghostwriter

WHY = "the broker said so by phone"


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Ghostwriter]:
    made = Ghostwriter(tmp_path / "state")
    yield made
    made.journal.close()


@pytest.mark.parametrize("word", [Resolution.ABSENT, Resolution.CANCELED, Resolution.REJECTED])
def test_a_resolved_order_names_the_person_and_the_reason(
    hexdesk: Run, writer: Ghostwriter, tmp_path: Path, word: Resolution
) -> None:
    (order_id,) = writer.wish("buy")
    writer.say(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "no answer", writer.now()))
    writer.desk.command(ResolveOrder(order_id, word, 0, "ann", WHY, writer.now()))
    answer = hexdesk("why", order_id, str(tmp_path / "state"), "--json")
    *_, said, ended = answer.data["steps"]
    assert said["text"] == f"ann says it is {word.value}: {WHY}"
    assert "evidence" not in ended["text"]
    assert ended["text"].endswith("by a person's word") or f"ann: {WHY}" in ended["text"]
    assert answer.data["order"]["code"] == BY_OPERATOR
    assert answer.data["order"]["reason"] == f"ann: {WHY}"
    assert f"{BY_OPERATOR}: ann: {WHY}" in hexdesk("why", order_id, str(tmp_path / "state")).out


def test_evidence_is_still_called_evidence(
    hexdesk: Run, writer: Ghostwriter, tmp_path: Path
) -> None:
    (order_id,) = writer.wish("buy")
    writer.say(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "no answer", writer.now()))
    writer.desk.on_report(OrderAbandoned(order_id, "NOT_FOUND_CONFIRMED", writer.now()))  # type: ignore[arg-type]
    data = hexdesk("why", order_id, str(tmp_path / "state"), "--json").data
    assert data["steps"][-1]["text"].startswith("evidence says that the venue does not have it")
    assert data["order"]["reason"] == ""


def test_a_difference_that_a_person_decided_is_part_of_the_orders_story(
    hexdesk: Run, writer: Ghostwriter, tmp_path: Path
) -> None:
    (order_id,) = writer.wish("buy")
    writer.accept(order_id)
    writer.fill(order_id)
    order = writer.desk.execution.order(order_id)
    assert order is not None
    (trade_id,) = order.fills or {}
    evidence = f"we booked 0.1 filled that the broker does not list: {trade_id}"
    for resolved in (False, True):
        now = writer.now()
        writer.desk.command(
            NoteIncident(
                "venue", 3, "FILL_UNKNOWN_TO_VENUE", order_id, trade_id, "", evidence,
                INSTRUMENT.id, now, now, now if resolved else 0, "ann" if resolved else "",
                WHY if resolved else "", "adopt" if resolved else "", now,
            )
        )  # fmt: skip
    writer.say(FillBusted(order_id, trade_id, False, writer.now(), writer.now()))  # noqa: FBT003 - positional by contract
    data = hexdesk("why", order_id, str(tmp_path / "state"), "--json").data
    *_, opened, decided, broken = data["steps"]
    assert opened["text"] == f"FILL_UNKNOWN_TO_VENUE, venue incident 3: {evidence}"
    assert decided["text"] == f"ann resolved venue incident 3 by adopt: {WHY}"
    assert broken["text"] == f"trade {trade_id} is broken"
    assert broken["position"]["quantity"] == "0"
