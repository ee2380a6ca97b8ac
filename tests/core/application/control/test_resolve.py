"""A person settles what no evidence settles: one word, the ordinary reports, and the journal."""

import pytest
from msgspec.structs import replace

from hexdesk.application.reconciliation.truth import Truth
from hexdesk.domain.commands import ResolveOrder as Resolve
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.values import NS_PER_SECOND, Life, Operation, ReportedStatus
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_requests import GetPosition, ListIncidents, ResolveIncident, ResolveOrder
from hexdesk.ports.control_views import OrderInfo
from hexdesk.testing.broker_bench import BID, INSTRUMENT
from tests.core.application.control.rig import ControlRig
from tests.core.application.replayed import assert_replayed

PRICE = INSTRUMENT.format_price(BID)


def doubtful(operation: Operation = Operation.SUBMIT) -> tuple[ControlRig, str]:
    rig = ControlRig("a")
    rig.start()
    order_id = rig.buy("1", PRICE).client_order_id
    rig.report(OutcomeUnknown(order_id, operation, 0, "no answer", rig.now()))
    return rig, order_id


def resolve(
    rig: ControlRig, order_id: str, word: str, price: str = "", *, dry_run: bool = False
) -> OrderInfo:
    return rig.tell(
        ResolveOrder(
            client_order_id=order_id,
            resolution=word,
            price=price,
            dry_run=dry_run,
            reason="the broker said so by phone",
        )
    )


@pytest.mark.parametrize(
    ("word", "life"),
    [
        ("absent", Life.REJECTED),
        ("open", Life.ACCEPTED),
        ("filled", Life.FILLED),
        ("canceled", Life.CANCELED),
        ("rejected", Life.REJECTED),
    ],
)
def test_a_word_ends_the_doubt_and_is_read_again(word: str, life: Life) -> None:
    """L9: also a person's word is evidence, with a name to it."""
    rig, order_id = doubtful()
    found = resolve(rig, order_id, word, price=PRICE if word == "filled" else "")
    assert (found.life, found.doubt) == (life, None)
    (command,) = [each for each in rig.records if type(each) is Resolve]
    assert (command.by, command.reason) == ("ann", "the broker said so by phone")
    assert_replayed(rig, 3)


def test_what_was_filled_is_in_the_position() -> None:
    rig, order_id = doubtful()
    resolve(rig, order_id, "filled", price=PRICE)
    position = rig.ask(GetPosition(strategy_id="manual@venue", instrument_id=INSTRUMENT.id))
    assert position.quantity.rstrip("0").rstrip(".") == "1"


def test_an_order_whose_cancel_is_in_doubt_lives_on() -> None:
    rig, order_id = doubtful(Operation.CANCEL)
    rig.accept(order_id)
    assert resolve(rig, order_id, "open").status is ReportedStatus.ACCEPTED


def test_a_dry_run_settles_nothing() -> None:
    rig, order_id = doubtful()
    assert resolve(rig, order_id, "absent", dry_run=True).status is ReportedStatus.IN_DOUBT


@pytest.mark.parametrize(
    ("word", "price", "reason"),
    [
        ("gone", "", Reason.FIELD_INVALID),
        ("filled", "", Reason.FIELD_INVALID),
        ("open", PRICE, Reason.FIELD_INVALID),
    ],
)
def test_a_word_that_makes_no_sense_is_refused(word: str, price: str, reason: Reason) -> None:
    rig, order_id = doubtful()
    with pytest.raises(ControlError) as caught:
        resolve(rig, order_id, word, price=price)
    assert caught.value.reason is reason


def test_an_order_that_is_not_in_doubt_is_left_alone() -> None:
    rig, order_id = doubtful()
    resolve(rig, order_id, "open")
    with pytest.raises(ControlError) as caught:
        resolve(rig, order_id, "absent")
    assert caught.value.reason is Reason.STATE_WRONG


def test_what_a_decision_about_a_difference_does_is_said_in_words() -> None:
    rig = ControlRig("a")
    rig.start()
    order_id = rig.buy("1", PRICE).client_order_id
    rig.accept(order_id)
    rig.fill(order_id)
    rig.reconciler.start(rig.now())
    for _ in range(10):  # the broker lists no execution, and holds nothing
        rig.clock.advance_by(5 * NS_PER_SECOND)
        for query in rig.reconciler.due(rig.now()):
            truth = Truth(
                asked_ns=query.asked_ns, since_ns=query.since_ns, orders=(), fills=(), balances=()
            )
            rig.reconciler.answered(query, truth, rig.now())
    (incident,) = rig.ask(ListIncidents()).items
    assert incident.kind == "FILL_UNKNOWN_TO_VENUE"
    resolve = ResolveIncident(
        account="venue", number=incident.number, policy="adopt", reason="it was broken by phone"
    )
    would = rig.tell(replace(resolve, dry_run=True)).actions
    assert would == rig.tell(resolve).actions
    assert would == (f"trade {incident.ours} of order {order_id} is taken out of the books",)
    alert = rig.desk.alerts.recent[-2]
    assert (alert.code, alert.text) == (
        "RECONCILE_DONE", "incident 1 is resolved by ann, adopt: it was broken by phone",
    )  # fmt: skip
    said = f"trade {incident.ours} is broken: it is taken out of the books"
    assert rig.desk.alerts.recent[-1].text == said
