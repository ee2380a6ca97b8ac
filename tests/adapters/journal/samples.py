"""Journal records of every type, random and fixed."""

import enum
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.plugin import JournalContext
from hexdesk.ports.journal import JournalRecord

TIMEOUT_S = 20.0

RECORD_TYPES: tuple[type[Any], ...] = get_args(JournalRecord)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_INTEGERS = st.integers(-(2**63), 2**63 - 1)


def _values(kind: object) -> st.SearchStrategy[object]:
    if kind is str:
        return _TEXT
    if kind is int:
        return _INTEGERS
    if kind is bool:
        return st.booleans()
    if kind == bool | None:
        return st.none() | st.booleans()
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    raise TypeError(f"no values of {kind} known: teach them here")


def records_of(kind: type[Any]) -> st.SearchStrategy[JournalRecord]:
    """Draw records of one type with any values in its fields."""
    fields = {field.name: _values(field.type) for field in msgspec.structs.fields(kind)}
    return st.builds(kind, **fields)


RECORDS = st.one_of([records_of(kind) for kind in RECORD_TYPES])
BATCHES = st.lists(st.lists(RECORDS, min_size=1, max_size=4), min_size=1, max_size=5)


def order(number: int) -> NewOrder:
    """Return an order with a number of its own."""
    return NewOrder(f"run{number:06}", "mm", "sim", "BTCUSDT-PERP.BINANCE", BUY, LIMIT, 1, number)


def context(state_path: Path, run_id: str = "run1") -> JournalContext:
    """Return a journal's context."""
    return JournalContext(
        name="journal",
        run_id=run_id,
        state_path=state_path,
        logger=logging.getLogger("hexdesk.journal"),
    )


def eventually(check: Callable[[], bool]) -> None:
    """Wait until a check holds."""
    deadline = time.monotonic() + TIMEOUT_S
    while not check():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)
