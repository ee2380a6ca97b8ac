"""A replayed desk as people and machines read it: decimal texts, names, UTC times."""

from collections.abc import Iterator

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.durability.state import hash_of
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.money import currency_scale, format_raw
from hexdesk.domain.order import Order
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk_app.display.numbers import count, grouped, moment, signed
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.reading.history_text import average_text
from hexdesk_app.reading.replaying import Check, Replayed

POSITION_HEADERS = ("strategy", "instrument", "leg", "#quantity", "#avg px", "+realised", "#fees",
                    "#fills")  # fmt: skip
ORDER_HEADERS = ("order", "strategy", "instrument", "side", "type", "#quantity", "#price",
                 "#trigger", "#filled", "status")  # fmt: skip
BALANCE_HEADERS = ("broker", "account", "#total", "#reserved", "#used", "currency")
CHECK_HEADERS = ("#record", "compared with", "result")


class PositionRow(msgspec.Struct, frozen=True):
    """What a strategy holds of an instrument, or a leg of it; fees, funding, fills are of both."""

    strategy_id: str
    instrument_id: str
    leg: str
    quantity: str
    avg_px: str
    cost: str
    realised: str
    fees: str
    settle: str
    fills: int
    funding: str = "0"


class OrderRow(msgspec.Struct, frozen=True):
    """An order that is not closed."""

    client_order_id: str
    venue_order_id: str
    strategy_id: str
    instrument_id: str
    side: str
    order_type: str
    quantity: str
    price: str
    trigger_price: str
    cum_qty: str
    status: str


class BalanceRow(msgspec.Struct, frozen=True):
    """Cash of one currency of an account."""

    broker: str
    account_id: str
    currency: str
    total: str
    reserved: str
    used: str


class ReplayData(msgspec.Struct, frozen=True, kw_only=True):
    """All that a replay tells.

    Attributes:
        ok: Whether nothing that was compared differs.
        run_id: Run that wrote the last record.
        mode: Of that run.
        began_behind: Number of the record whose snapshot it began with; 0 for none.
        records: How many were read.
        last_number: Of the last one.
        ts_ns: Its time.
        state_hash: Over the whole state.
        fills: How many were booked.
        halted: Why nothing may leave; empty when trading.
        reducing: Instruments that only shrink: texts by code, by instrument.
        entries_stopped: Strategies that open nothing more.
        positions: One row for each strategy, instrument and leg.
        open_orders: Oldest first.
        balances: One row for each account and currency.
        checks: What was compared on the way.
    """

    ok: bool
    run_id: str
    mode: str
    began_behind: int
    records: int
    last_number: int
    ts_ns: int
    state_hash: str
    fills: int
    halted: str
    reducing: dict[str, dict[str, str]]
    entries_stopped: tuple[str, ...]
    positions: tuple[PositionRow, ...]
    open_orders: tuple[OrderRow, ...]
    balances: tuple[BalanceRow, ...]
    checks: tuple[Check, ...]


def to_data(replayed: Replayed) -> ReplayData:
    """Return what `--json` prints as `data`."""
    desk = replayed.desk
    hosts = desk.hosts.values()
    return ReplayData(
        ok=replayed.is_sound,
        run_id=replayed.run_id,
        mode=desk.mode,
        began_behind=replayed.began_behind,
        records=replayed.record_count,
        last_number=replayed.last_number,
        ts_ns=replayed.last_ns,
        state_hash=hash_of(replayed.encoded),
        fills=sum(ledger.fill_count for host in hosts for ledger in host.ledgers.values()),
        halted=desk.execution.standing.halted,
        reducing=desk.execution.standing.reducing,
        entries_stopped=tuple(host.strategy_id for host in hosts if not host.entries_allowed),
        positions=tuple(row for host in hosts for row in _positions(host)),
        open_orders=tuple(_order(desk, order) for order in desk.execution.open.values()),
        balances=tuple(_balances(desk)),
        checks=replayed.checks,
    )


def to_tables(data: ReplayData) -> list[Table]:
    """Return the same as tables; positions that never were are left out."""
    begin = f"the snapshot of record {data.began_behind}" if data.began_behind else "nothing"
    reducing = "; ".join(f"{name}: {', '.join(codes)}" for name, codes in data.reducing.items())
    head = [
        ("run", f"{data.run_id} ({data.mode})"),
        ("begins with", begin),
        ("records", count(data.records)),
        ("last", f"{data.last_number} at {moment(data.ts_ns)}"),
        ("halted", data.halted or "no"),
        ("reducing", reducing or "none"),
        ("entries stopped", ", ".join(data.entries_stopped) or "none"),
        ("fills", count(data.fills)),
        ("state hash", data.state_hash),
    ]
    parts = (
        ("positions", POSITION_HEADERS, [_position_cells(row) for row in data.positions]),
        ("open orders", ORDER_HEADERS, [_order_cells(row) for row in data.open_orders]),
        ("balances", BALANCE_HEADERS, [_balance_cells(row) for row in data.balances]),
        ("compared", CHECK_HEADERS, [_check_cells(check) for check in data.checks]),
    )
    found = [make_table(title, headers, rows) for title, headers, rows in parts if rows]
    return [make_table("", ("", ""), head), *found]


def _positions(host: StrategyHost) -> Iterator[PositionRow]:
    for ledger in host.ledgers.values():
        instrument = ledger.instrument
        for leg, position in legs(ledger.position):
            yield PositionRow(
                strategy_id=host.strategy_id,
                instrument_id=instrument.id,
                leg=leg,
                quantity=instrument.format_quantity(position.quantity),
                avg_px=average_text(position.avg_px, instrument.price_scale),
                cost=format_raw(position.cost, instrument.value_scale),
                realised=format_raw(position.realised, instrument.value_scale),
                fees=format_raw(ledger.fees, currency_scale(instrument.settle)),
                settle=instrument.settle,
                fills=ledger.fill_count,
                funding=format_raw(ledger.funding, currency_scale(instrument.settle)),
            )


def legs(position: Position | HedgedPosition) -> list[tuple[str, Position]]:
    """Return a position by leg: one that is netted has one, `net`."""
    if isinstance(position, HedgedPosition):
        return [("long", position.long), ("short", position.short)]
    return [("net", position)]


def _order(desk: Desk, order: Order) -> OrderRow:
    intent = order.intent
    instrument = desk.markets.by_id[intent.instrument_id].instrument
    return OrderRow(
        client_order_id=intent.client_order_id,
        venue_order_id=order.venue_order_id,
        strategy_id=intent.strategy_id,
        instrument_id=intent.instrument_id,
        side=intent.side.name,
        order_type=intent.order_type.name,
        quantity=instrument.format_quantity(order.quantity),
        price=instrument.format_price(order.price) if order.price else "",
        trigger_price=instrument.format_price(order.trigger_price) if order.trigger_price else "",
        cum_qty=instrument.format_quantity(order.cum_qty),
        status=order.reported_status.name,
    )


def _balances(desk: Desk) -> Iterator[BalanceRow]:
    for broker, account in desk.accounts.items():
        for balance in account.balances.values():
            yield BalanceRow(
                broker=broker,
                account_id=account.id,
                currency=balance.currency,
                total=format_raw(balance.total, balance.scale),
                reserved=format_raw(balance.reserved, balance.scale),
                used=format_raw(balance.used, balance.scale),
            )


def _position_cells(row: PositionRow) -> tuple[str, ...]:
    return (
        row.strategy_id,
        row.instrument_id,
        row.leg,
        grouped(row.quantity),
        row.avg_px,
        signed(row.realised),
        grouped(row.fees),
        count(row.fills),
    )


def _order_cells(row: OrderRow) -> tuple[str, ...]:
    return (
        row.client_order_id,
        row.strategy_id,
        row.instrument_id,
        row.side,
        row.order_type,
        grouped(row.quantity),
        grouped(row.price),
        grouped(row.trigger_price),
        grouped(row.cum_qty),
        row.status,
    )


def _balance_cells(row: BalanceRow) -> tuple[str, ...]:
    money = (grouped(row.total), grouped(row.reserved), grouped(row.used))
    return (row.broker, row.account_id, *money, row.currency)


def _check_cells(check: Check) -> tuple[str, ...]:
    result = {True: "equal", False: "DIFFERS", None: "cannot be said"}[check.is_equal]
    detail = f"{result}: {check.difference}" if check.difference else result
    return str(check.number), check.kind.replace("_", " "), detail
