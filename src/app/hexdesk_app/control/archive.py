"""The equity curve that a process keeps: of the read model, or samples of this run."""

import asyncio
from collections.abc import Iterator

from hexdesk.domain.history import EquityRow
from hexdesk.domain.money import format_raw
from hexdesk.ports.control_history import EquityInfo
from hexdesk.ports.control_views import Amount
from hexdesk.ports.read_model import PAGE_ROWS_MAX, EquityQuery, ReadModel
from hexdesk_app.running.collect import Sampler
from hexdesk_app.running.history import History


class DeskArchive:
    """Implements `Archive`."""

    def __init__(self, sampler: Sampler, history: History | None) -> None:
        self._sampler = sampler
        self._history = history

    async def equity(self, currency: str, count_max: int) -> tuple[EquityInfo, ...]:
        """Return the equity curve, over all runs where there is a read model."""
        currency = currency or self._sampler.currency
        if self._history is not None:
            rows = await asyncio.to_thread(
                lambda: list(_rows(self._history.read_model, currency, count_max))  # type: ignore[union-attr]
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
