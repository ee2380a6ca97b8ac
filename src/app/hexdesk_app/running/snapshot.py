"""What a session looks like now, for the live table; read in the desk's own thread."""

from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.money import format_raw
from hexdesk_app.display.live_table import LiveQuote, LiveSnapshot, LiveStrategy
from hexdesk_app.running.collect import (
    equity_of,
    ledgers_of,
    main_currency,
    orders_of,
    positions_of,
    refused,
    totals_of,
)
from hexdesk_app.running.session import Session


def take_snapshot(session: Session) -> LiveSnapshot:
    """Return what a desk publishes of itself."""
    desk = session.desk
    currency = main_currency(desk)
    total = totals_of(ledgers_of(desk)).get(currency)
    net = total.net if total else 0
    latency = session.latency.summary()
    return LiveSnapshot(
        name=session.app.config.desk.name,
        mode=session.app.config.desk.mode.value,
        state=_state(session),
        now_ns=session.now_ns,
        events=session.event_count,
        per_second=session.event_count / session.seconds if session.seconds > 0 else 0.0,
        equity=equity_of(desk, currency),
        net_pnl=format_raw(net, total.scale if total else 0),
        currency=currency,
        p50_us=latency.p50_us if latency else 0.0,
        p99_us=latency.p99_us if latency else 0.0,
        bad_rows=sum(each.problem_count for each in session.app.recordings.values()),
        strategies=tuple(_strategy(session, name, host) for name, host in desk.hosts.items()),
        quotes=_quotes(session),
    )


def _state(session: Session) -> str:
    if session.desk.execution.halted:
        return "halted"
    if session.is_stopping:
        return "stopping"
    standing = session.desk.execution.standing
    is_armed = not standing.needs_arming or session.now_ns < standing.armed_until_ns
    return "running" if is_armed else "running, not armed"


def _strategy(session: Session, name: str, host: StrategyHost) -> LiveStrategy:
    totals = list(totals_of(host.ledgers.values()).values())
    first = totals[0] if totals else None
    scale = first.scale if first else 0
    orders = orders_of(session.desk, name)
    return LiveStrategy(
        name=name,
        state=host.state.name.lower(),
        position={
            each.instrument.id: each.instrument.format_quantity(each.position.quantity)
            for each in host.ledgers.values()
            if each.position.quantity
        },
        orders=len(orders),
        fills=sum(len(order.fills or ()) for order in orders),
        rejects=refused(orders).total(),
        realised_pnl=format_raw(first.realised if first else 0, scale),
        unrealised_pnl=format_raw(first.unrealised if first else 0, scale),
        fees=format_raw(first.fees if first else 0, scale),
        currency=first.currency if first else "",
    )


def _quotes(session: Session) -> tuple[LiveQuote, ...]:
    rows: list[LiveQuote] = []
    for instrument_id, quantity in positions_of(session.desk).items():
        market = session.desk.markets.by_id[instrument_id]
        instrument, quote = market.instrument, market.quote
        rows.append(
            LiveQuote(
                instrument_id=instrument_id,
                bid=instrument.format_price(quote.bid_price) if quote and quote.bid_price else "",
                ask=instrument.format_price(quote.ask_price) if quote and quote.ask_price else "",
                position=instrument.format_quantity(quantity),
            )
        )
    return tuple(rows)
