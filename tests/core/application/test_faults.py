"""What a fault says in one line, and that its traceback is not lost (seeds A24, C37)."""

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.application.faults import LOGGER, describe
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.inputs import StrategyFaulted
from tests.core.application.rig import Rig


class Kept(logging.Handler):
    """Keeps records as text, with their tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[list[str]]:
    kept = Kept()
    LOGGER.addHandler(kept)
    LOGGER.propagate = False
    yield kept.lines
    LOGGER.removeHandler(kept)
    LOGGER.propagate = True


def raised(work: Callable[[], object]) -> BaseException:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError("nothing was raised")


def say(text: str) -> BaseException:
    def fail() -> None:
        raise RuntimeError(text)

    return raised(fail)


def test_the_line_names_file_line_and_incident_and_the_log_has_the_rest(log: list[str]) -> None:
    line = describe(say("broken"), "trend")
    found = re.fullmatch(
        r"RuntimeError: broken \(test_faults\.py:\d+ in fail, incident ([0-9a-f]{8})\)", line
    )
    assert found, line
    (record,) = log
    assert record.startswith(f"incident {found[1]} of trend\nTraceback (most recent call last):\n")
    assert "test_faults.py" in record
    assert record.endswith("RuntimeError: broken")


def test_one_fault_has_one_incident_and_another_has_another(log: list[str]) -> None:
    assert describe(say("broken")) == describe(say("broken"))
    assert describe(say("broken")) != describe(say("other"))
    assert len(log) == 4


def test_a_fault_inside_the_core_names_who_called_it(log: list[str]) -> None:
    rig = Rig("a").start()
    error = raised(lambda: rig.puppets["a"].context.instrument("NO.SUCH"))
    assert "(test_faults.py:" in describe(error)
    assert "strategy_context.py" in log[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<object at 0x7f3a9c0d1e50>", "<object at 0x…>"),
        ("no such file: '/home/me/x y/model.bin'", "no such file: '…/x y/model.bin'"),
        ("/home/me/model.bin", "…/model.bin"),
        (r"C:\Users\me\model.bin", r"…\model.bin"),
        ("1/2 of 3/4", "1/2 of 3/4"),
        ("BTC/USDT", "BTC/USDT"),
        ("https://venue.example/v1/order", "https://venue.example/v1/order"),
        ("0x1f", "0x1f"),
    ],
)
def test_what_differs_between_machines_is_left_out(log: list[str], text: str, shown: str) -> None:
    assert describe(say(text)).startswith(f"RuntimeError: {shown} (")
    assert text in log[0]


def test_a_fault_without_a_text_or_a_place_is_told_too(log: list[str]) -> None:
    class Hostile(Exception):  # noqa: N818 - a stranger's
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert describe(Hostile()).startswith("Hostile: its text cannot be shown (no code of its own,")
    assert len(log) == 1


@given(st.text())
def test_any_text_can_be_journalled(text: str) -> None:
    LOGGER.disabled = True
    try:
        assert describe(ValueError(text)).encode()
    finally:
        LOGGER.disabled = False


def test_a_desk_journals_the_line_and_logs_the_traceback(log: list[str]) -> None:
    rig = Rig("a").start()

    def fail(_event: object) -> None:
        raise RuntimeError(f"broken {object()} in /home/me/model.bin")

    rig.puppets["a"].hooks["on_quote"] = fail
    rig.quote()
    assert rig.host("a").state is HostState.FAULTED
    (reason,) = [each.reason for each in rig.records if isinstance(each, StrategyFaulted)]
    assert reason.startswith("RuntimeError: broken <object object at 0x…> in …/model.bin (")
    assert "/home/me/model.bin" in log[0]
