"""Journal records of every type, random and fixed."""

import enum
import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.plugin import JournalContext
from hexdesk.ports.journal import JournalRecord

TIMEOUT_S = 20.0

RECORD_TYPES: tuple[type[Any], ...] = get_args(JournalRecord)

SIMPLE: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    bytes: st.binary(max_size=12),
    type(None): st.none(),
    None: st.none(),
}


def _values(kind: Any) -> st.SearchStrategy[Any]:
    """Draw any values of a field's type, whatever types records get."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    if isinstance(kind, NewType):
        return _values(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return records_of(kind)
    inner = get_args(kind)
    if get_origin(kind) is tuple and inner[1:] == (...,):
        return st.lists(_values(inner[0]), max_size=2).map(tuple)
    if get_origin(kind) in {Union, UnionType}:
        return st.one_of([_values(each) for each in inner])
    raise TypeError(f"no values of {kind} known: teach them here")


def records_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Draw structs of one type with any values in their fields."""
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
