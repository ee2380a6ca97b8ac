"""The past that a process keeps: a read model, or samples of this run's equity."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from hexdesk.domain.accounts import Account
from hexdesk.domain.history import EquityRow
from hexdesk.domain.money import format_raw
from hexdesk.domain.values import TimeNs
from hexdesk.errors import ConfigError, DataError
from hexdesk.ports.control import ControlError, FieldFault, Page, Reason
from hexdesk.ports.control_history import ArchivedOrder, Before, EquityInfo
from hexdesk.ports.control_requests import ListFills, ListOrders
from hexdesk.ports.control_views import Amount, FillInfo, OrderInfo
from hexdesk.ports.read_model import PAGE_ROWS_MAX, EquityQuery, FillQuery, OrderQuery, ReadModel
from hexdesk_app.control.archived import archived_fill, archived_history, archived_order
from hexdesk_app.running.collect import Sampler

A = TypeVar("A")


class DeskArchive:
    """Implements `Archive`."""

    def __init__(
        self,
        sampler: Sampler,
        read_model: Callable[[], ReadModel] | None,
        accounts: Mapping[str, Account],
    ) -> None:
        """Show what a read model holds, which is opened with the first question."""
        self._sampler = sampler
        self._read_model = read_model
        self._accounts = accounts

    @property
    def keeps_orders(self) -> bool:
        """Whether there is a read model."""
        return self._read_model is not None

    async def order(self, client_order_id: str) -> ArchivedOrder | None:
        """Return an order of any run; None if it is not kept.

        Raises:
            ControlError: The read model cannot be read.
        """
        if self._read_model is None:
            return None
        history = await _ask(self._read_model, lambda model: model.order(client_order_id))
        return None if history is None else archived_history(history, self._names())

    async def orders(self, query: ListOrders, before: Before, limit: int) -> Page[OrderInfo]:
        """Return orders of all runs, newest first.

        Raises:
            ControlError: The token is not of this query, or the read model cannot be read.
        """
        if self._read_model is None:
            return Page(())
        wanted = OrderQuery(
            strategy_id=query.strategy_id,
            instrument_id=query.instrument_id,
            state="open" if query.open_only else "any",
            since_ns=query.start_ns,
            until_ns=_earlier(query.end_ns, before.ts_ns),
            newest_first=True,
            limit=limit,
            page_token=before.token,
        )
        found = await _ask(self._read_model, lambda model: model.orders(wanted))
        names = self._names()
        statuses = query.statuses
        shown = [
            archived_order(row, names)
            for row in found.rows
            if not statuses or row.status in statuses
        ]
        return Page(tuple(shown), found.next_page_token)

    async def fills(self, query: ListFills, before: Before, limit: int) -> Page[FillInfo]:
        """Return fills of all runs, newest first; raises as `orders`."""
        if self._read_model is None:
            return Page(())
        wanted = FillQuery(
            strategy_id=query.strategy_id,
            instrument_id=query.instrument_id,
            since_ns=query.start_ns,
            until_ns=_earlier(query.end_ns, before.ts_ns),
            newest_first=True,
            limit=limit,
            page_token=before.token,
        )
        found = await _ask(self._read_model, lambda model: model.fills(wanted))
        names = self._names()
        shown = [
            archived_fill(row, names)
            for row in found.rows
            if query.client_order_id in ("", row.client_order_id)
        ]
        return Page(tuple(shown), found.next_page_token)

    def _names(self) -> dict[str, str]:
        """Return names of accounts by id."""
        return {account.id: name for name, account in self._accounts.items()}

    async def equity(self, currency: str, count_max: int) -> tuple[EquityInfo, ...]:
        """Return the equity curve, over all runs where there is a read model; raises as `order`."""
        currency = currency or self._sampler.currency
        if self._read_model is not None:
            rows = await _ask(
                self._read_model, lambda model: list(_rows(model, currency, count_max))
            )
            return tuple(_info(row) for row in rows)
        if currency != self._sampler.currency:
            return ()
        points = self._sampler.equity_curve
        step = max(-(-len(points) // count_max), 1)
        return tuple(
            EquityInfo(ts_ns=each.ts_ns, equity=Amount(each.equity, currency))
            for each in reversed(points[::-step])
        )


async def _ask(read_model: Callable[[], ReadModel], question: Callable[[ReadModel], A]) -> A:
    """Ask a read model, in a thread.

    Raises:
        ControlError: The token is not of this query, or the read model cannot be read.
    """
    try:
        return await asyncio.to_thread(lambda: question(read_model()))
    except ConfigError as error:
        text = "expected next_page_token of a page with the same filters"
        fault = FieldFault("page_token", text)
        raise ControlError(Reason.FIELD_INVALID, f"page_token: {text}", faults=[fault]) from error
    except (OSError, DataError) as error:
        raise ControlError(
            Reason.STORE_UNWRITABLE,
            f"the read model cannot be read: {error}",
            remedy="free space in the state folder; what is open is listed all the same",
        ) from error


def _earlier(first_ns: TimeNs, second_ns: TimeNs) -> TimeNs:
    """Return the earlier of two times, of which 0 is none."""
    return min(first_ns or second_ns, second_ns or first_ns)


def _rows(read_model: ReadModel, currency: str, count_max: int) -> Iterator[EquityRow]:
    """Yield at most so many samples, the last of each of equal stretches, oldest first."""
    ends = [
        read_model.equity(EquityQuery(currency=currency, newest_first=newest, limit=1)).rows
        for newest in (False, True)
    ]
    if not all(ends):
        return
    span_ns = ends[1][0].ts_ns - ends[0][0].ts_ns
    step_ns = span_ns // count_max + 1 if span_ns else 0
    token, count = "", 0
    while count < count_max:
        page = read_model.equity(
            EquityQuery(
                currency=currency,
                step_ns=step_ns,
                limit=min(count_max - count, PAGE_ROWS_MAX),
                page_token=token,
            )
        )
        yield from page.rows
        count += len(page.rows)
        token = page.next_page_token
        if not token:
            return


def _info(row: EquityRow) -> EquityInfo:
    equity = Amount(format_raw(row.equity, row.scale), row.currency)
    return EquityInfo(ts_ns=row.ts_ns, equity=equity)
