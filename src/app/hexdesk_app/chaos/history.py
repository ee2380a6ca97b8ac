"""The desk's history beside its journal, once the desk has ended."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

import msgspec

from hexdesk.ports.read_model import (
    PAGE_ROWS_MAX,
    EventQuery,
    FillQuery,
    OrderQuery,
    Page,
    PageQuery,
    ReadModel,
    record_digest,
)
from hexdesk_app.chaos.books import reader_of
from hexdesk_app.history.opening import open_read_model

Q = TypeVar("Q", bound=PageQuery)
R = TypeVar("R", bound=msgspec.Struct)


def history_differences(folder: Path, *, from_start: bool) -> list[str]:
    """Return what in a desk's read model is not so in its journal.

    It may be behind, as on a machine that had no time for it: the rest is written here.

    Args:
        folder: The desk's state folder; the desk must not run.
        from_start: Whether every row is compared with those of a history that is made again.
    """
    reader = reader_of(folder)
    with closing(open_read_model(folder, is_read_only=False)) as model:
        head = model.open()
        after = max(head.sequence - 1, 0)
        records = [record for _number, record in reader.records(after)]
        if head.sequence and (not records or record_digest(records[0]) != head.digest):
            return [f"history ends with record {head.sequence}, which is not the journal's"]
        model.write(after + 1, records)
        if not from_start:
            return []
        kept = list(_rows(model))
        model.rebuild(record for _number, record in reader.records())
        for mine, again in zip_longest(kept, _rows(model)):
            if mine != again:
                return [f"history holds {mine}, made again {again}"]
    return []


def _rows(model: ReadModel) -> Iterator[msgspec.Struct]:
    """Yield all that follows from the journal."""
    yield from _pages(model.orders, OrderQuery(limit=PAGE_ROWS_MAX))
    yield from _pages(model.fills, FillQuery(limit=PAGE_ROWS_MAX))
    yield from _pages(model.events, EventQuery(limit=PAGE_ROWS_MAX))
    yield from model.positions()


def _pages(ask: Callable[[Q], Page[R]], query: Q) -> Iterator[R]:
    while True:
        page = ask(query)
        yield from page.rows
        if not page.next_page_token:
            return
        query = msgspec.structs.replace(query, page_token=page.next_page_token)
