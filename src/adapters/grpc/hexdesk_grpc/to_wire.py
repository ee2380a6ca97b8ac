"""From what the Control port shows to messages; pure."""

from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from hexdesk.domain.values import NS_PER_SECOND, Aggressor, TimeNs
from hexdesk.ports import control_markets as markets
from hexdesk.ports import control_views as views
from hexdesk.ports.control import Caller
from hexdesk.ports.control_state import AuditEntry
from hexdesk_api.v1 import (
    access_pb2,
    common_pb2,
    desk_pb2,
    events_pb2,
    market_data_pb2,
    orders_pb2,
    portfolio_pb2,
    risk_pb2,
    strategies_pb2,
)
from hexdesk_grpc import bodies
from hexdesk_grpc.names import (
    ACCOUNTS,
    INSTRUMENTS,
    MARKETS,
    ORDERS,
    RISK_LIMITS,
    STRATEGIES,
    TOKENS,
    name_of,
)
from hexdesk_grpc.structs import struct_of

_AGGRESSORS = {
    Aggressor.UNKNOWN: common_pb2.SIDE_UNSPECIFIED,
    Aggressor.BUYER: common_pb2.SIDE_BUY,
    Aggressor.SELLER: common_pb2.SIDE_SELL,
}
_MODES = {
    "backtest": common_pb2.MODE_BACKTEST,
    "paper": common_pb2.MODE_PAPER,
    "live": common_pb2.MODE_LIVE,
}
_DESK_STATES = {
    views.DeskState.STARTING: desk_pb2.Desk.STATE_STARTING,
    views.DeskState.RUNNING: desk_pb2.Desk.STATE_RUNNING,
    views.DeskState.HALTED: desk_pb2.Desk.STATE_HALTED,
    views.DeskState.STOPPING: desk_pb2.Desk.STATE_STOPPING,
}
_STRATEGY_STATES = {
    "loaded": strategies_pb2.Strategy.STATE_LOADED,
    "running": strategies_pb2.Strategy.STATE_RUNNING,
    "stopped": strategies_pb2.Strategy.STATE_STOPPED,
    "faulted": strategies_pb2.Strategy.STATE_FAULTED,
    "unloaded": strategies_pb2.Strategy.STATE_UNLOADED,
}
_KINDS = {
    "spot": market_data_pb2.Instrument.KIND_SPOT,
    "equity": market_data_pb2.Instrument.KIND_EQUITY,
    "future": market_data_pb2.Instrument.KIND_FUTURE,
    "perpetual": market_data_pb2.Instrument.KIND_PERPETUAL,
}


def timestamp(ns: TimeNs) -> Timestamp | None:
    """Return a time; None for 0, so that the field stays unset."""
    if not ns:
        return None
    seconds, nanos = divmod(ns, NS_PER_SECOND)
    return Timestamp(seconds=seconds, nanos=nanos)


def duration(ns: TimeNs) -> Duration:
    """Return a span of time."""
    seconds, nanos = divmod(ns, NS_PER_SECOND)
    return Duration(seconds=seconds, nanos=nanos)


def money(amount: views.Amount | None) -> common_pb2.Money | None:
    """Return an amount; None stays unset."""
    if amount is None:
        return None
    return common_pb2.Money(amount=amount.amount, currency=amount.currency)


def order(info: views.OrderInfo) -> orders_pb2.Order:
    """Return an order."""
    return orders_pb2.Order.FromString(bodies.order(info))


def fill(info: views.FillInfo) -> events_pb2.Fill:
    """Return a fill."""
    return events_pb2.Fill.FromString(bodies.fill(info))


def report(info: views.ReportInfo) -> events_pb2.OrderReport:
    """Return a fact about an order."""
    return events_pb2.OrderReport.FromString(bodies.report(info))


def position(info: views.PositionInfo) -> portfolio_pb2.Position:
    """Return a position."""
    return portfolio_pb2.Position.FromString(bodies.position(info))


def _moneys(amounts: Iterable[views.Amount]) -> list[common_pb2.Money]:
    return [common_pb2.Money(amount=each.amount, currency=each.currency) for each in amounts]


def verdict(info: views.OrderVerdict) -> orders_pb2.CheckOrderResponse:
    """Return what risk says."""
    return orders_pb2.CheckOrderResponse(
        allowed=info.allowed,
        code=info.code,
        text=info.text,
        reserve=money(info.reserve),
        worst_price=info.worst_price,
        notional=money(info.notional),
        fee=money(info.fee),
        verdicts=[
            orders_pb2.OrderVerdict(
                rule=each.rule, code=each.code, measured=each.measured, limit=each.limit
            )
            for each in info.verdicts
        ],
    )


def account(info: views.AccountInfo) -> portfolio_pb2.Account:
    """Return an account."""
    return portfolio_pb2.Account(
        name=name_of(ACCOUNTS, info.name),
        account_id=info.account_id,
        position_mode=int(info.position_mode),  # type: ignore[arg-type]
        balances=[
            portfolio_pb2.Balance(
                currency=each.currency,
                total=each.total,
                reserved=each.reserved,
                used=each.used,
                available=each.available,
                equity=each.equity,
            )
            for each in info.balances
        ],
    )


def strategy(info: views.StrategyInfo) -> strategies_pb2.Strategy:
    """Return a strategy."""
    return strategies_pb2.Strategy(
        name=name_of(STRATEGIES, info.strategy_id),
        plugin=name_of("plugins", info.plugin),
        plugin_version=info.plugin_version,
        account=name_of(ACCOUNTS, info.account),
        instruments=[name_of(INSTRUMENTS, each) for each in info.instrument_ids],
        state=_STRATEGY_STATES[info.state],
        fault=info.fault,
        entries_allowed=info.entries_allowed,
        open_order_count=info.open_order_count,
        fill_count=info.fill_count,
        realised=_moneys(info.realised),
        unrealised=_moneys(info.unrealised),
        fees=_moneys(info.fees),
        funding=_moneys(info.funding),
        settings=struct_of(info.settings) if info.settings else None,
        version=info.version,
        initialised=info.is_initialised,
        trading=info.is_trading,
        settings_revision=info.settings_revision,
    )


def desk(info: views.DeskInfo) -> desk_pb2.Desk:
    """Return the desk."""
    grant = info.live_grant
    return desk_pb2.Desk(
        name="desk",
        display_name=info.display_name,
        mode=_MODES[info.mode],
        state=_DESK_STATES[info.state],
        halt_reason=info.halt_reason,
        entries_allowed=info.entries_allowed,
        live_grant=None
        if grant is None
        else desk_pb2.LiveGrant(
            account=name_of(ACCOUNTS, grant.account),
            stage_pct=grant.stage_pct,
            expire_time=timestamp(grant.expire_ns),
            granted_by=grant.granted_by,
            reason=grant.reason,
        ),
        run_id=info.run_id,
        version_text=info.version_text,
        start_time=timestamp(info.start_ns),
        desk_time=timestamp(info.desk_ns),
        input_count=info.input_count,
        equity=_moneys(info.equity),
        running_strategy_count=info.running_strategy_count,
        faulted_strategy_count=info.faulted_strategy_count,
        open_order_count=info.open_order_count,
        doubtful_order_count=info.doubtful_order_count,
        counts=desk_pb2.Counts(
            orders=info.orders,
            fills=info.fills,
            cancels=info.cancels,
            amends=info.amends,
            denials=info.denials,
            rejects=info.rejects,
            dead_letters=info.dead_letters,
        ),
        alert_count=info.alert_count,
        queue_depth=info.queue_depth,
        event_sequence=info.event_sequence,
        queued=queued(info.queued),
    )


def queued(found: Iterable[views.QueuedVerb]) -> list[common_pb2.QueuedVerb]:
    """Return verbs that wait for their broker."""
    return [
        common_pb2.QueuedVerb(
            verb=each.verb,
            strategy=name_of(STRATEGIES, each.strategy_id),
            instrument=name_of(INSTRUMENTS, each.instrument_id),
            account=name_of(ACCOUNTS, each.account),
            reason=each.reason,
            create_time=timestamp(each.create_ns),
        )
        for each in found
    ]


def alert(info: views.AlertInfo) -> desk_pb2.Alert:
    """Return an alert."""
    return desk_pb2.Alert(
        name=f"alerts/{info.number}",
        code=info.code,
        scope=info.scope,
        text=info.text,
        create_time=timestamp(info.create_ns),
    )


def command(info: views.CommandInfo) -> events_pb2.CommandReport:
    """Return what an operator did."""
    return events_pb2.CommandReport(
        command=info.command,
        strategy=name_of(STRATEGIES, info.strategy_id),
        reason=info.reason,
    )


def denial(info: views.DenialInfo) -> risk_pb2.Denial:
    """Return a refused order."""
    return risk_pb2.Denial(
        order=name_of(ORDERS, info.client_order_id),
        strategy=name_of(STRATEGIES, info.strategy_id),
        instrument=name_of(INSTRUMENTS, info.instrument_id),
        code=info.code,
        text=info.text,
        create_time=timestamp(info.create_ns),
    )


def limits(info: views.LimitsInfo) -> risk_pb2.RiskLimits:
    """Return the limits of an instrument."""
    return risk_pb2.RiskLimits(
        name=name_of(RISK_LIMITS, info.instrument_id),
        instrument=name_of(INSTRUMENTS, info.instrument_id),
        limits=[
            risk_pb2.RiskLimit(
                rule=each.rule,
                limit=each.limit,
                unit=each.unit,
                uses=[
                    risk_pb2.RiskUse(strategy=name_of(STRATEGIES, use.strategy_id), used=use.used)
                    for use in each.uses
                ],
            )
            for each in info.limits
        ],
    )


_SCOPES = {
    "read": common_pb2.SCOPE_READ,
    "trade": common_pb2.SCOPE_TRADE,
    "risk": common_pb2.SCOPE_RISK,
    "admin": common_pb2.SCOPE_ADMIN,
}


def scopes(found: Iterable[str]) -> list[common_pb2.Scope]:
    """Return scopes."""
    return [_SCOPES[each] for each in sorted(found)]


def token(info: views.TokenInfo) -> access_pb2.Token:
    """Return a token."""
    return access_pb2.Token(
        name=name_of(TOKENS, info.name),
        scopes=scopes(info.scopes),
        create_time=timestamp(info.create_ns),
        expire_time=timestamp(info.expire_ns),
        revoke_time=timestamp(info.revoke_ns),
        author=info.author,
    )


def audit_entry(entry: AuditEntry) -> access_pb2.AuditEntry:
    """Return an entry of the audit log."""
    return access_pb2.AuditEntry(
        number=entry.number,
        time=timestamp(entry.ts_ns),
        subject=entry.subject,
        peer=entry.peer,
        method=entry.method,
        request=entry.request,
        outcome=entry.outcome,
        before=entry.before,
        after=entry.after,
        hash=entry.hash,
    )


def caller(found: Caller) -> access_pb2.Caller:
    """Return who calls."""
    return access_pb2.Caller(
        subject=found.subject,
        scopes=scopes(found.scopes),
        expire_time=timestamp(found.expire_ns),
        peer=found.peer,
    )


def market(info: markets.MarketInfo) -> market_data_pb2.Market:
    """Return a market."""
    quote, trade = info.quote, info.trade
    return market_data_pb2.Market(
        name=name_of(MARKETS, info.instrument_id),
        instrument=name_of(INSTRUMENTS, info.instrument_id),
        status=int(info.status),  # type: ignore[arg-type]
        quote=None
        if quote is None
        else market_data_pb2.Quote(
            bid_price=quote.bid_price,
            bid_size=quote.bid_size,
            ask_price=quote.ask_price,
            ask_size=quote.ask_size,
            event_time=timestamp(quote.event_ns),
            receive_time=timestamp(quote.receive_ns),
        ),
        trade=None
        if trade is None
        else market_data_pb2.Trade(
            price=trade.price,
            size=trade.size,
            aggressor=_AGGRESSORS[trade.aggressor],
            trade_id=trade.trade_id,
            event_time=timestamp(trade.event_ns),
            receive_time=timestamp(trade.receive_ns),
        ),
        mark_price=info.mark_price,
    )


def instrument(info: markets.InstrumentInfo) -> market_data_pb2.Instrument:
    """Return an instrument."""
    return market_data_pb2.Instrument(
        name=name_of(INSTRUMENTS, info.instrument_id),
        kind=_KINDS[info.kind],
        base=info.base,
        quote_currency=info.quote_currency,
        settle_currency=info.settle_currency,
        ticks=[market_data_pb2.TickBand(floor=floor, tick=tick) for floor, tick in info.ticks],
        lot=info.lot,
        multiplier=info.multiplier,
        inverse=info.inverse,
        min_quantity=info.min_quantity,
        max_quantity=info.max_quantity,
        min_notional=info.min_notional,
        max_notional=info.max_notional,
        lower_limit=info.lower_limit,
        upper_limit=info.upper_limit,
        maker_fee=info.maker_fee,
        taker_fee=info.taker_fee,
        margin=info.margin,
        closes_by_day=info.closes_by_day,
        maintenance_margin=info.maintenance_margin,
        isolated_margin=info.is_isolated,
    )


# --- reconciliation -----------------------------------------------------------------------------
