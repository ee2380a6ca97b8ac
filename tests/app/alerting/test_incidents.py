from hypothesis import given
from hypothesis import strategies as st

from hexdesk.ports.alerts import AlertLevel
from hexdesk.ports.control_monitoring import SilenceInfo
from hexdesk_app.alerting.incidents import HISTORY_MAX, OPEN_MAX, IncidentBook, Notice
from hexdesk_app.config.schema import AlertSettings

S = 10**9
WARNING, CRITICAL, EMERGENCY = AlertLevel.WARNING, AlertLevel.CRITICAL, AlertLevel.EMERGENCY


def make(**settings: object) -> IncidentBook:
    return IncidentBook(AlertSettings(**settings), desk="d", mode="live")  # type: ignore[arg-type]


def silence(until_s: int, scope: str = "") -> SilenceInfo:
    return SilenceInfo(code="X", scope=scope, until_ns=until_s * S, by="ann", reason="r")


def happen(book: IncidentBook, at_s: float, level: AlertLevel = WARNING) -> list[Notice]:
    return book.happen("X", "s", level, "text", int(at_s * S) + S)


def test_a_repetition_within_five_minutes_is_a_count() -> None:
    book = make(repeats=100)
    (first,) = happen(book, 0)
    assert first.message.count == 1
    assert happen(book, 1) == []
    assert happen(book, 299) == []
    (later,) = happen(book, 301)
    assert later.message.count == 4
    assert later.message.number == first.message.number


def test_what_was_counted_is_told_when_the_five_minutes_are_over() -> None:
    """E22: one message, then a count, also where nothing more happens."""
    book = make(repeats=100)
    happen(book, 0)
    assert happen(book, 10) == []
    assert book.tick(300 * S) == []
    (count,) = book.tick(302 * S)
    assert count.message.count == 2
    assert book.tick(10_000 * S) == []


def test_three_within_fifteen_minutes_raise_the_level_and_take_the_next_stage() -> None:
    book = make()
    happen(book, 0)
    happen(book, 1)
    (notice,) = happen(book, 2)
    assert notice.message.level is CRITICAL
    assert notice.stage == 2
    assert happen(book, 3) == []
    happen(book, 4)
    (top,) = happen(book, 5)
    assert top.message.level is EMERGENCY


def test_repetitions_far_apart_raise_nothing() -> None:
    book = make()
    for number in range(5):
        (notice,) = happen(book, number * 500)
        assert notice.message.level is WARNING


def test_a_critical_alert_that_nobody_takes_on_is_raised() -> None:
    book = make()
    happen(book, 0, CRITICAL)
    assert book.tick(299 * S) == []
    (notice,) = book.tick(301 * S)
    assert (notice.message.level, notice.stage) == (EMERGENCY, 2)
    warned = make()
    happen(warned, 0, WARNING)
    assert warned.tick(10_000 * S) == []


def test_an_acknowledged_alert_is_left_alone() -> None:
    book = make()
    (notice,) = happen(book, 0, CRITICAL)
    assert book.acknowledge(notice.message.number, "ann")
    assert not book.acknowledge(99, "ann")
    assert book.tick(1_000 * S) == []
    for number in range(5):
        assert happen(book, 1 + number, CRITICAL) == []


def test_recovery_is_told_to_those_who_were_told() -> None:
    book = make()
    happen(book, 0)
    (notice,) = book.recover("X", "s", "fine", 10 * S)
    assert notice.message.is_recovery
    assert "RECOVERED" in notice.message.title
    assert book.recover("X", "s", "fine", 11 * S) == []
    assert [each.code for each in book.history] == ["X"]


def test_what_comes_and_goes_is_one_incident() -> None:
    book = make(repeats=4)
    (first,) = happen(book, 0)
    assert len(book.recover("X", "s", "fine", 2 * S)) == 1
    assert happen(book, 3) == []
    assert book.recover("X", "s", "fine", 4 * S) == []
    happen(book, 5)
    book.recover("X", "s", "fine", 6 * S)
    (raised,) = happen(book, 7)
    assert raised.message.number == first.message.number
    assert raised.message.level is CRITICAL


def test_what_begins_anew_is_known_to_nobody_and_told_at_once() -> None:
    """Whoever took on what is over does not know of what comes after it."""
    book = make(repeats=100)
    (first,) = happen(book, 0, CRITICAL)
    book.acknowledge(first.message.number, "ann")
    book.recover("X", "s", "fine", 250 * S)
    (again,) = happen(book, 260, CRITICAL)
    assert (again.message.number, again.message.count) == (first.message.number, 2)
    assert [each.acknowledged_by for each in book.shown(261 * S)] == [""]
    assert book.tick(320 * S) == [], "a person has as long as at first"
    (raised,) = book.tick(562 * S)
    assert raised.message.level is EMERGENCY


def test_silence_holds_back_and_then_tells() -> None:
    book = make()
    book.silence(silence(100))
    assert happen(book, 0) == []
    assert book.tick(50 * S) == []
    (notice,) = book.tick(101 * S)
    assert notice.message.code == "X"


def test_quiet_hours_let_emergencies_pass() -> None:
    book = IncidentBook(AlertSettings(), desk="d", mode="live", is_quiet=lambda _now: True)
    assert happen(book, 0) == []
    assert len(book.happen("Y", "", EMERGENCY, "t", S)) == 1


def test_memory_is_bounded() -> None:
    book = make()
    for number in range(OPEN_MAX + HISTORY_MAX + 100):
        book.happen("X", str(number), WARNING, "t", number * S)
    assert len(book.open) == OPEN_MAX
    assert len(book.history) == HISTORY_MAX


@given(st.lists(st.tuples(st.sampled_from("htra"), st.integers(0, 400))))
def test_no_history_of_events_breaks_it(steps: list[tuple[str, int]]) -> None:
    book, now_s, told = make(), 0, 0
    for step, wait_s in steps:
        now_s += wait_s
        if step == "h":
            told += len(happen(book, now_s))
        elif step == "t":
            told += len(book.tick(now_s * S + S))
        elif step == "r":
            book.recover("X", "s", "fine", now_s * S + S)
        else:
            book.acknowledge(1, "ann")
    assert told <= 3 * len(steps)
    assert len(book.open) <= 1


def test_a_silence_can_be_ended_and_is_only_of_its_place() -> None:
    book = make()
    book.silence(silence(1_000, "elsewhere"))
    assert len(happen(book, 0)) == 1
    quiet = make()
    quiet.silence(silence(1_000, "s"))
    assert happen(quiet, 0) == []
    assert [each.is_held for each in quiet.shown(2 * S)] == [True]
    assert [each.by for each in quiet.silences()] == ["ann"]
    quiet.unsilence("X", "s")
    assert quiet.silences() == ()
    assert [each.message.count for each in quiet.tick(3 * S)] == [1]
    quiet.unsilence("X", "s")


def test_silences_have_a_limit() -> None:
    book = make()
    for number in range(OPEN_MAX + 1):
        book.silence(silence(number + 1, str(number)))
    assert len(book.silences()) == OPEN_MAX
    assert "0" not in {each.scope for each in book.silences()}


def test_everything_known_is_shown_oldest_first() -> None:
    book = make()
    book.happen("A", "", WARNING, "a", S)
    book.happen("B", "", WARNING, "b", 2 * S)
    book.recover("A", "", "well", 3 * S)
    assert [(each.code, each.end_ns) for each in book.shown(4 * S)] == [("A", 3 * S), ("B", 0)]
