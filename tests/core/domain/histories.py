"""Random journals: records of every kind that a read model looks at, sensible and not."""

import enum
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from hexdesk.domain.commands import AdoptOrder, Halt
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.records import AccountBook, RunStarted
from hexdesk.domain.reports import Fill, OrderEvent
from hexdesk.domain.values import HEDGING, NETTING, PositionMode
from hexdesk.ports.journal import JournalRecord
from hexdesk.testing.broker_bench import INSTRUMENT

INVERSE = msgspec.structs.replace(
    INSTRUMENT, id="INV.ACME", settle="BTC", inverse=True, quantity_scale=0
)
FINER = msgspec.structs.replace(
    INSTRUMENT, price_scale=INSTRUMENT.price_scale + 2, quantity_scale=INSTRUMENT.quantity_scale + 1
)
HUGE = 10**24
_NAMES = {
    "client_order_id": st.sampled_from(["O1", "O2", "O3", "O4"]),
    "strategy_id": st.sampled_from(["a", "b"]),
    "account_id": st.sampled_from(["one", "two"]),
    "instrument_id": st.sampled_from([INSTRUMENT.id, INVERSE.id, "UNKNOWN.X"]),
    "trade_id": st.sampled_from(["T1", "T2", "T3"]),
    "list_id": st.sampled_from(["", "", "L1"]),
    "fee_currency": st.sampled_from(["", INSTRUMENT.settle, "BNB"]),
    "request_id": st.integers(-1, 4) | st.just(2**63),
}
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_SMALL = st.integers(0, 6)
_NUMBERS = _SMALL | _SMALL | st.sampled_from([HUGE, -HUGE, -1])
_TIMES = st.integers(1, 50)


def _values(name: str, kind: Any) -> st.SearchStrategy[Any]:
    if name in _NAMES:
        return _NAMES[name]
    if name.endswith("_ns") or name in {"ts_init", "ts_event"}:
        return _TIMES
    if kind is str:
        return _TEXT
    if kind is int:
        return _NUMBERS
    if kind is bool:
        return st.booleans()
    if kind == bool | None:
        return st.none() | st.booleans()
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    raise TypeError(f"no values of {kind} known: teach them here")


def _records_of(kind: type[Any]) -> st.SearchStrategy[JournalRecord]:
    fields = {field.name: _values(field.name, field.type) for field in msgspec.structs.fields(kind)}
    return st.builds(kind, **fields)


@st.composite
def runs(draw: st.DrawFn) -> RunStarted:
    """Return the begin of a run, with instruments and accounts as they may change."""
    modes: st.SearchStrategy[PositionMode] = st.sampled_from([NETTING, HEDGING])
    known = draw(st.sampled_from([(INSTRUMENT, INVERSE), (FINER, INVERSE), (INSTRUMENT,), ()]))
    return RunStarted(
        run_id="R",
        name="desk",
        mode="paper",
        instruments=known,
        accounts=tuple(AccountBook(name, name, draw(modes)) for name in ("one", "two")),
        strategies=(),
        continues=draw(st.integers(0, 3)) > 0,
        is_virtual=False,
        closed_orders_max=draw(st.sampled_from([0, 1, 2, 100])),
        ts_init=draw(_TIMES),
    )


_REPORTS = [_records_of(kind) for kind in get_args(OrderEvent)]
_REQUESTS = [_records_of(kind) for kind in (AmendOrder, CancelOrder)]
_OTHERS = [_records_of(kind) for kind in (Halt, StrategyFaulted, TimerFired)]
_INTENTS = _records_of(NewOrder)
records: st.SearchStrategy[JournalRecord] = st.one_of(
    _INTENTS, _INTENTS, _INTENTS, _records_of(Fill), _records_of(Fill),
    *_REPORTS, *_REQUESTS, *_OTHERS, runs(),
    st.builds(AdoptOrder, _INTENTS, _TEXT, _TIMES),
)  # fmt: skip
histories: st.SearchStrategy[list[JournalRecord]] = st.lists(records, min_size=1, max_size=40)
"""Any records in any order: most make little sense, and none may be lost or do harm."""
