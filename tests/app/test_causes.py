"""Which input a decision in a journal followed from."""

from hexdesk.domain.commands import CancelAll, Halt
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.market import Quote
from hexdesk.domain.orders import CancelOrder
from hexdesk.domain.reports import OrderAccepted, OrderCanceled
from hexdesk.ports.journal import JournalRecord
from hexdesk_app.why.causes import Cause, Causes


def quote(ts_ns: int) -> Quote:
    return Quote("X.Y", 1, 1, 2, 1, ts_ns, ts_ns)


def cause_of(*records: JournalRecord, own: tuple[JournalRecord, ...] = ()) -> JournalRecord | None:
    """Return what the only cancel among records followed from."""
    causes, found = Causes(), list[Cause | None]()
    for number, record in enumerate(records, 1):
        causes.take(number, record, is_own=record in own)
        if isinstance(record, CancelOrder):
            causes.ask(record.ts_init, found.append)
    causes.finish()
    (cause,) = found
    return None if cause is None else cause.record


CANCEL = CancelOrder("O1", 1, 10)
ACCEPTED = OrderAccepted("O1", "V", 9, 10)
FIRED = TimerFired("a", "t", 10, 10)


def test_reports_timers_and_commands_come_before() -> None:
    command = CancelAll("", "", 10)
    for cause in (ACCEPTED, FIRED, command):
        assert cause_of(quote(1), cause, CANCEL) is cause
        assert cause_of(cause, CANCEL, OrderAccepted("O2", "V", 11, 11)) is cause


def test_market_events_come_behind() -> None:
    event = quote(10)
    assert cause_of(ACCEPTED, CANCEL, event) is event


def test_a_later_market_event_is_that_of_somebody_else() -> None:
    assert cause_of(ACCEPTED, CANCEL, quote(11)) is ACCEPTED


def test_an_event_whose_time_went_backwards_is_still_the_cause() -> None:
    event = quote(5)
    assert cause_of(CANCEL, event) is event


def test_an_ending_that_the_desk_decided_on_is_no_input() -> None:
    event, ending = quote(10), OrderCanceled("O3", "", 10, 10)
    assert cause_of(ACCEPTED, CANCEL, ending, event, own=(ending,)) is event
    assert cause_of(ACCEPTED, CANCEL, ending, event) is ACCEPTED


def test_a_quarantine_is_the_cause_of_the_cancels_behind_it() -> None:
    fault = StrategyFaulted("a", "it raised", 10)
    assert cause_of(fault, CANCEL, quote(10)) is fault


def test_a_halt_is_no_cause() -> None:
    assert cause_of(FIRED, Halt("", 10), CANCEL) is FIRED


def test_there_may_be_none() -> None:
    assert cause_of(CANCEL) is None
