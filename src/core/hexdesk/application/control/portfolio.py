"""Queries about positions, accounts, limits, denials, alerts and markets."""

import msgspec

from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import hosts_of, invalid, unknown
from hexdesk.application.control.listing import Listing
from hexdesk.application.control.paging import (
    make_token,
    page_of,
    page_size,
    read_token,
)
from hexdesk.application.control.sight import Sight
from hexdesk.application.control.views import instrument_info, market_info
from hexdesk.application.desk import Desk
from hexdesk.application.market.markets import Market
from hexdesk.domain.money import RATE_SCALE, format_raw
from hexdesk.domain.reports import OrderDenied
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import Page, Pause
from hexdesk.ports.control_markets import InstrumentInfo, MarketInfo
from hexdesk.ports.control_requests import (
    GetAccount,
    GetInstrument,
    GetMarkets,
    GetPosition,
    GetRiskLimits,
    ListAccounts,
    ListAlerts,
    ListDenials,
    ListInstruments,
    ListPositions,
    ListRiskLimits,
)
from hexdesk.ports.control_views import (
    AccountInfo,
    AlertInfo,
    DenialInfo,
    LimitInfo,
    LimitsInfo,
    LimitUse,
    PositionInfo,
)

MARKETS_MAX = 1_000
_UNITS = {
    "collar_pct": "percent",
    "orders_per_second_max": "orders/s",
    "open_orders_max": "orders",
}


class Portfolio:
    """What operators look at besides orders."""

    def __init__(self, desk: Desk, sight: Sight, chronicle: Chronicle) -> None:
        self._desk = desk
        self._sight = sight
        self._denials = Listing[ListDenials, tuple[str, OrderDenied], DenialInfo](
            chronicle.denials, self._denied_ns, self._denial
        )

    def get_position(self, query: GetPosition) -> PositionInfo:
        """Return a strategy's position of one instrument."""
        found = self._sight.position_by_key((query.strategy_id, query.instrument_id))
        if found is None:
            name = f"{query.strategy_id}/{query.instrument_id}"
            raise unknown("position", name, "hexdesk positions shows those that are there")
        end = None if found.is_flat else self._sight.liquidation_of(found)
        if end is None:
            return found
        instrument = self._market(found.instrument_id).instrument
        return msgspec.structs.replace(
            found,
            liquidation_price=instrument.format_price(end.price),
            liquidation_pct=format_raw(end.distance, RATE_SCALE - 2),
        )

    def list_positions(self, query: ListPositions) -> Page[PositionInfo]:
        """Return positions by strategy and instrument."""
        hosts = hosts_of(self._desk, query.strategy_id)
        rows = [
            (f"{host.strategy_id}/{instrument_id}", (host.strategy_id, instrument_id))
            for host in hosts
            for instrument_id, ledger in host.ledgers.items()
            if query.instrument_id in ("", instrument_id)
            and (query.include_flat or ledger.position.cost)
        ]
        rows.sort()
        return page_of(query, rows, self._position)

    def _position(self, key: tuple[str, str]) -> PositionInfo:
        return self.get_position(GetPosition(strategy_id=key[0], instrument_id=key[1]))

    def get_account(self, query: GetAccount) -> AccountInfo:
        """Return an account."""
        found = self._sight.account_by_name(query.name)
        if found is None:
            known = ", ".join(self._desk.accounts) or "none"
            raise unknown("account", query.name, f"accounts: {known}")
        return found

    def list_accounts(self, query: ListAccounts) -> Page[AccountInfo]:
        """Return all accounts."""
        rows = [(name, name) for name in sorted(self._desk.accounts)]
        return page_of(query, rows, lambda name: self.get_account(GetAccount(name=name)))

    def get_limits(self, query: GetRiskLimits) -> LimitsInfo:
        """Return the limits of an instrument."""
        return self._limits(self._market(query.instrument_id))

    def list_limits(self, query: ListRiskLimits) -> Page[LimitsInfo]:
        """Return the limits of all instruments."""
        return page_of(query, sorted(self._desk.markets.by_id.items()), self._limits)

    async def list_denials(self, query: ListDenials, pause: Pause) -> Page[DenialInfo]:
        """Return refused orders, newest first."""
        return await self._denials.page(query, pause)

    def _denied_ns(self, told: tuple[str, OrderDenied]) -> TimeNs | None:
        client_order_id, denial = told
        return None if self._desk.execution.order(client_order_id) is None else denial.ts_init

    def _denial(self, query: ListDenials, told: tuple[str, OrderDenied]) -> DenialInfo | None:
        client_order_id, denial = told
        order = self._desk.execution.order(client_order_id)
        if order is None:
            return None
        intent = order.intent
        if query.strategy_id not in ("", intent.strategy_id):
            return None
        if query.instrument_id not in ("", intent.instrument_id):
            return None
        return DenialInfo(
            client_order_id=client_order_id,
            strategy_id=intent.strategy_id,
            instrument_id=intent.instrument_id,
            code=denial.code,
            text=denial.text,
            create_ns=denial.ts_init,
        )

    def list_alerts(self, query: ListAlerts) -> Page[AlertInfo]:
        """Return alerts, newest first; only the latest are kept."""
        size, place = page_size(query), read_token(query)
        alerts = self._desk.alerts
        if place and not (place.isascii() and place.isdigit() and len(place) < 19):  # noqa: PLR2004 - an int64
            raise invalid("page_token", "expected next_page_token of the page before")
        number = min(int(place) if place else alerts.count, alerts.count)
        recent = list(alerts.recent)
        oldest = alerts.count - len(recent) + 1
        shown: list[AlertInfo] = []
        while number >= oldest and len(shown) < size:
            alert = recent[number - oldest]
            shown.append(
                AlertInfo(
                    number=number,
                    code=alert.code,
                    scope=alert.scope,
                    text=alert.text,
                    create_ns=alert.ts_init,
                )
            )
            number -= 1
        more = number >= oldest
        return Page(tuple(shown), make_token(query, str(number)) if more else "")

    # --- markets -------------------------------------------------------------------------------

    def get_instrument(self, query: GetInstrument) -> InstrumentInfo:
        """Return an instrument."""
        return instrument_info(self._market(query.instrument_id).instrument)

    def list_instruments(self, query: ListInstruments) -> Page[InstrumentInfo]:
        """Return instruments, by id."""
        rows = sorted(self._desk.markets.by_id.items())
        return page_of(query, rows, lambda market: instrument_info(market.instrument))

    def get_markets(self, query: GetMarkets) -> tuple[MarketInfo, ...]:
        """Return the latest states of markets."""
        names = query.instrument_ids
        if len(names) > MARKETS_MAX:
            raise invalid("names", f"expected at most {MARKETS_MAX}, was {len(names)}")
        if names:
            return tuple(market_info(self._market(name)) for name in names)
        return tuple(market_info(market) for market in self._desk.markets.by_id.values())

    def _market(self, instrument_id: str) -> Market:
        market = self._desk.markets.by_id.get(instrument_id)
        if market is None:
            remedy = "the desk's configuration and feeds define instruments"
            raise unknown("instrument", instrument_id, remedy)
        return market

    # --- limits --------------------------------------------------------------------------------

    def _limits(self, market: Market) -> LimitsInfo:
        instrument = market.instrument
        limits = self._desk.limits.of(instrument.id)
        rows = tuple(
            LimitInfo(
                rule=rule,
                limit=str(getattr(limits, rule)),
                unit=_unit(rule, instrument.base, instrument.settle),
                uses=self._uses(rule, market),
            )
            for rule in limits.__struct_fields__
        )
        return LimitsInfo(instrument_id=instrument.id, limits=rows)

    def _uses(self, rule: str, market: Market) -> tuple[LimitUse, ...]:
        """Return how much of a limit about a state each strategy uses, open orders at worst."""
        instrument = market.instrument
        uses: list[LimitUse] = []
        for host in self._desk.hosts.values():
            ledger = host.ledgers.get(instrument.id)
            if ledger is None:
                continue
            held = ledger.position.quantity
            worst = max(held + ledger.open_buy, ledger.open_sell - held, abs(held))
            match rule:
                case "position_quantity_max":
                    used = instrument.format_quantity(worst)
                case "position_notional_max":
                    used = instrument.format_value(instrument.value(market.mark, worst))
                case "open_orders_max":
                    used = str(host.open_count)
                case _:
                    continue
            uses.append(LimitUse(strategy_id=host.strategy_id, used=used))
        return tuple(uses)


def _unit(rule: str, base: str, settle: str) -> str:
    if rule in _UNITS:
        return _UNITS[rule]
    return settle if "notional" in rule else base or "contracts"
