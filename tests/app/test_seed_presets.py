"""What the seed systems state of risk, in their own numbers, at a desk with their preset."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from hexdesk.application.control.control import ControlStores, DeskControl
from hexdesk.domain.commands import StartStrategy, StopEntries
from hexdesk.domain.market import Quote
from hexdesk.domain.money import parse_raw
from hexdesk.domain.values import BUY, NS_PER_SECOND, SELL, OrderType, TimeInForce
from hexdesk.ports.control import ALL_SCOPES, Caller
from hexdesk.ports.control_requests import CheckOrder
from hexdesk.ports.control_views import OrderTerms, OrderVerdict
from hexdesk.testing.control_state import (
    FakeAnswerStore,
    FakeApprovalStore,
    FakeAuditStore,
    FakeStageDayStore,
    FakeTokenStore,
)
from hexdesk.testing.runtime import FakeRuntime
from hexdesk_app.build import build
from hexdesk_app.config import Sources, load_config
from hexdesk_app.report.summary import strategies_table
from hexdesk_app.running.collect import fill_counts, orders_of
from tests.app.report.sample import make_result
from tests.core.application.rig import Puppet

ID = "X.TEST"
EQUITY = 'kind = "equity"\nquote = "USD"\ntick = "0.01"\nlot = "1"\n'
SHARE = 'kind = "equity"\nquote = "JPY"\ntick = "1"\nlot = "100"\n'
SWAP = """kind = "perpetual"
base = "X"
quote = "USDT"
tick = "0.01"
lot = "0.001"
margin = "0.05"
"""


def stores() -> ControlStores:
    return ControlStores(
        FakeAnswerStore(),
        FakeAuditStore(),
        FakeTokenStore(),
        FakeApprovalStore(),
        FakeStageDayStore(),
    )


class Preset:
    """A desk with a preset and one simulated venue, driven by hand; strategies `a` and `b`."""

    def __init__(
        self, preset: str, instrument: str, deposit: str, *more: str, slippage_bps: float = 0
    ) -> None:
        lines = "\n".join(more)
        text = f"""
[desk]
name = "seeds"
mode = "backtest"
[brokers.sim]
plugin = "sim"
deposits = ["{deposit}"]
slippage_bps = {slippage_bps}
[instruments."{ID}"]
{instrument}
[risk]
preset = "{preset}"
{lines}
"""
        config = load_config(Sources(built_in=(("preset", text),), search=False))
        app = build(config)
        clock: Any = app.clock  # a virtual one
        self.clock = clock
        self.desk = app.desk
        self.clock.follow(self.desk.pulse)
        self.puppets: dict[str, Puppet] = {}
        for name in ("a", "b"):
            self._add(name)
        self.control = DeskControl(
            self.desk, clock, FakeRuntime(), app.assembly.risk, wall_ns=clock.now_ns, later=print,
            stores=stores(),
            make_secret=str,
        )  # fmt: skip
        self.clock.advance_to(NS_PER_SECOND)
        self.desk.command(StartStrategy("", self.clock.now_ns()))

    def _add(self, name: str) -> None:
        def factory(context: Any) -> Puppet:
            self.puppets[name] = Puppet(context)
            return self.puppets[name]

        self.desk.add_strategy(name, factory, broker="sim", instrument_ids=[ID])

    def price(self, text: str) -> int:
        """Return a price at the instrument's scale."""
        return parse_raw(text, self.desk.market(ID).instrument.price_scale)

    def quote(self, price: str) -> None:
        """Show a quote without a spread, a second later; the venue has answered by then."""
        self.clock.advance_to(self.clock.now_ns() + NS_PER_SECOND)
        raw = self.price(price)
        now_ns = self.clock.now_ns()
        self.desk.on_quote(Quote(ID, raw, 0, raw, 0, now_ns, now_ns))

    def act(self, action: Callable[[Any], object], price: str, name: str = "a") -> None:
        """Let a strategy do something at a price, and the venue answer."""
        hooks = self.puppets[name].hooks
        hooks["on_quote"] = lambda _quote: action(self.puppets[name].context)
        self.quote(price)
        hooks.pop("on_quote", None)
        self.quote(price)

    def send(self, quantity: str, price: str, name: str = "a") -> None:
        """Send a market order; a negative quantity sells."""
        side = SELL if quantity.startswith("-") else BUY
        raw = self.desk.market(ID).instrument.parse_quantity(quantity.lstrip("-"))
        self.act(lambda context: context.submit(ID, side, raw), price, name)

    def check(self, quantity: str, price: str = "") -> OrderVerdict:
        """Ask what would be said of an order to buy."""
        terms = OrderTerms(
            instrument_id=ID, side=BUY, order_type=OrderType.LIMIT if price else OrderType.MARKET,
            quantity=quantity, price=price, strategy_id="a",
        )  # fmt: skip
        caller = Caller(subject="test", scopes=ALL_SCOPES)
        return asyncio.run(self.control.ask(caller, CheckOrder(terms=terms)))

    def held(self, name: str = "a") -> str:
        """Return what a strategy holds."""
        ledger = self.desk.hosts[name].ledgers[ID]
        return ledger.instrument.format_quantity(ledger.position.quantity)

    def denials(self) -> dict[str, int]:
        """Return refused orders by code."""
        return dict(self.desk.counts.denials)

    def levels(self) -> dict[str, str]:
        """Return levels by rule."""
        return {rule: step.level.name for (_, rule), step in self.desk.risk.steps.items()}

    def alerts(self) -> list[str]:
        """Return codes of alerts."""
        return [each.code for each in self.desk.alerts.recent]


def test_system_a_checks_enabled_loss_and_both_limits_and_lets_reductions_pass() -> None:
    """A14: enabled; loss limit; strategy and global limit; reductions may exceed."""
    desk = Preset(
        "jp_equity", SHARE, "10000000 JPY", 'position_quantity_max = "300"', "[risk.rules]",
        'global_position = { quantity_max = "500" }',
    )  # fmt: skip
    for name, count in (("a", 3), ("b", 2)):
        for _ in range(count):
            desk.send("100", "1000", name)
    desk.send("100", "1000")
    assert desk.denials() == {"RISK_POSITION": 1}, "strategy a: more than its 300"
    desk.send("100", "1000", "b")
    assert desk.denials() == {"RISK_POSITION": 2}, "both together: more than 500"
    desk.send("-100", "1000")
    desk.quote("970")
    assert desk.levels() == {"daily_loss": "REDUCING"}, "12,000 JPY at 400 shares"
    desk.send("100", "970")
    assert desk.denials() == {"RISK_POSITION": 2, "RISK_DAILY_LOSS": 1}
    desk.send("-200", "970")
    assert desk.held() == "0", "reductions pass"
    desk.desk.command(StopEntries("b", "off", desk.clock.now_ns()))
    desk.send("100", "970", "b")
    assert desk.denials()["RISK_REDUCING"] == 1, "b is switched off"
    desk.send("-200", "970", "b")
    assert desk.held("b") == "0"


def test_system_a_begins_with_two_lots_and_a_loss_of_ten_thousand_yen() -> None:
    """A35: its third stage has 200 at most, of all strategies; a loss of 10,000 JPY stops it."""
    desk = Preset("jp_equity_start", SHARE, "10000000 JPY")
    desk.send("200", "1000")
    assert desk.denials() == {"ORDER_SIZE": 1}
    desk.send("100", "1000")
    desk.send("100", "1000", "b")
    desk.send("100", "1000")
    assert desk.denials() == {"ORDER_SIZE": 1, "RISK_POSITION": 1}
    desk.quote("951")
    assert desk.levels() == {"daily_loss": "WARN"}
    desk.quote("950")
    assert desk.levels() == {"daily_loss": "REDUCING"}
    desk.send("-100", "950")
    assert desk.held() == "0", "closing by hand passes"


def test_system_b_asks_before_a_trade_and_looks_after_it() -> None:
    """B14: 50,000 USD; pre_trade_check is answered without sending; 75.00 to 75.05 is no alarm."""
    desk = Preset("us_equity", EQUITY, "50000 USD", slippage_bps=6.6)
    desk.quote("75.00")
    allowed = desk.check("100", "75.00")
    assert (allowed.allowed, allowed.code) == (True, "")
    refused = desk.check("134", "75.00")
    assert (refused.allowed, refused.code) == (False, "RISK_CONCENTRATION")
    assert "measured=20.1 limit=20" in refused.text
    assert desk.desk.counts.orders == 0, "nothing was sent"
    desk.send("100", "75.00")
    assert desk.desk.hosts["a"].ledgers[ID].position.cost == 75_05_00
    assert desk.levels() == {}


def test_system_b_warns_of_slippage_and_its_loss_limits_trip_by_themselves() -> None:
    """B3, B8, B13: slippage above 0.2 % warns; 3 % in a day stop what grows, by themselves."""
    desk = Preset("us_equity", EQUITY, "50000 USD", slippage_bps=30)
    desk.send("100", "75.00")
    assert desk.levels() == {"slippage": "WARN"}
    assert desk.alerts() == ["RISK_WARN"]
    desk.quote("60.30")
    assert desk.levels()["daily_loss"] == "WARN", "1,492.50 of 50,000 is less than 3 %"
    desk.quote("60.00")
    assert desk.levels()["daily_loss"] == "REDUCING"
    desk.clock.advance_to(desk.clock.now_ns() + 60 * NS_PER_SECOND)
    desk.send("1", "60.00")
    assert desk.denials() == {"RISK_DAILY_LOSS": 1}
    desk.send("-100", "60.00")
    assert desk.held() == "0", "what reduces passes"


def test_system_b_trades_a_symbol_once_a_minute_and_puts_a_fifth_into_it() -> None:
    """B15: 50,000 USD, at most 0.20 of it in a symbol, 60 s between entries."""
    desk = Preset("us_equity", EQUITY, "50000 USD")
    desk.send("100", "75.00")
    desk.send("1", "75.00")
    assert desk.denials() == {"RISK_RATE": 1}
    desk.clock.advance_to(desk.clock.now_ns() + 60 * NS_PER_SECOND)
    desk.send("30", "75.00")
    assert desk.held() == "130", "9,945 USD at the worst price, 2 % above the touch"
    desk.clock.advance_to(desk.clock.now_ns() + 60 * NS_PER_SECOND)
    desk.send("1", "75.00")
    assert desk.denials() == {"RISK_RATE": 1, "RISK_CONCENTRATION": 1}


def test_system_b_is_told_of_fewer_than_95_percent_filled_and_reports_the_rate() -> None:
    """B5: of the latest 50 orders 48 were filled, then 47; what is denied was never sent."""
    desk = Preset(
        "us_equity", EQUITY, "50000 USD", "[risk.rules]", 'entry_interval = "off"',
        "[risk.rules.fill_ratio]", "window = 50",
    )  # fmt: skip

    def miss() -> None:
        price = desk.price("70.00")
        desk.act(
            lambda context: context.submit(
                ID, BUY, 1, OrderType.LIMIT, price, time_in_force=TimeInForce.IOC
            ),
            "75.00",
        )

    def rate() -> str:
        ended, filled = fill_counts(orders_of(desk.desk, "a"))
        trader = replace(make_result(10).strategies[0], ended=ended, filled=filled)
        return strategies_table(replace(make_result(10), strategies=(trader,))).rows[0][5]

    assert rate() == "", "nothing has ended"
    for turn in range(24):
        desk.send("1", "75.00")
        desk.send("-1", "75.00")
        if turn < 2:
            miss()
    desk.send("1000", "75.00")
    assert desk.denials() == {"ORDER_SIZE": 1}
    assert (desk.levels(), rate()) == ({}, "96.0 %")
    miss()
    assert desk.levels() == {"fill_ratio": "WARN"}, "three of the latest 50"
    assert rate() == "94.1 %", "48 of 51"


def bracket(desk: Preset, quantity: str, price: str, stop: str, target: str = "") -> None:
    instrument = desk.desk.market(ID).instrument
    desk.act(
        lambda context: context.submit_bracket(
            ID, BUY, instrument.parse_quantity(quantity), stop_price=desk.price(stop),
            target_price=desk.price(target) if target else 0,
        ),
        price,
    )  # fmt: skip


def test_system_c_risks_one_percent_a_trade_and_three_times_its_capital() -> None:
    """C15: the 1 % rule, the 3x cap, the drawdown breaker; C16: amount, frequency, exposure; B7."""
    desk = Preset("crypto_swap", SWAP, "10000 USDT")
    bracket(desk, "100", "100", "98.99")
    assert desk.denials()["RISK_PER_TRADE"] == 1, "101 USDT of 10,000"
    for _ in range(2):
        bracket(desk, "100", "100", "99.01")
    assert desk.held() == "200"
    bracket(desk, "110", "100", "99.10")
    assert desk.denials()["RISK_POSITION"] == 1, "amount: 31,000 USDT in one instrument"
    desk.send("1", "100")
    assert desk.denials()["RISK_STOP_MISSING"] == 1
    loose = Preset(
        "crypto_swap", SWAP, "10000 USDT", 'position_notional_max = "unlimited"',
        'order_notional_max = "unlimited"', 'orders_per_second_max = "2"', "[risk.rules]",
        'daily_loss = "off"', 'stop_required = "off"',
    )  # fmt: skip
    loose.send("300", "100")
    assert loose.denials() == {"RISK_EXPOSURE": 1}, "with its fee less than three times is left"
    loose.send("250", "100")
    loose.act(lambda context: [context.submit(ID, BUY, 1_000 + each) for each in range(3)], "100")
    assert loose.denials()["RISK_RATE"] == 1, "frequency"
    loose.quote("93.90")
    assert loose.levels()["drawdown"] == "REDUCING", "15.4 % since the peak"


def test_system_d_has_a_thousand_positions_twenty_times_and_a_daily_limit() -> None:
    """D7, D41: 999 positions, said and not meant by silence; a day's loss is limited."""
    desk = Preset("crypto_futures", SWAP, "10000 USDT")
    rules = desk.desk.operator.on_risk.__self__.engine.plan.rules  # type: ignore[attr-defined]
    assert rules["position_count"].settings.max == "999"
    bracket(desk, "100", "100", "98", "105")
    assert desk.held() == "100"
    desk.quote("97.10")
    assert desk.levels()["daily_loss"] == "WARN"
    desk.quote("97.10")
    assert desk.held() == "0", "its stop went off"
    desk.act(lambda context: context.submit(ID, BUY, 1), "97.00")
    assert desk.denials() == {"RISK_STOP_MISSING": 1}


def test_system_d_is_advised_against_more_than_ten_times_and_denied_more_than_twenty() -> None:
    """D9: advice at 10, the greatest 20; what sizes orders from 3 on is the strategy's."""
    rules = ["[risk.rules]", 'stop_required = "off"', 'order_margin = "off"', 'reward = "off"']
    wide = [f'{each}_notional_max = "unlimited"' for each in ("order", "position")]
    deep = SWAP.replace('"0.05"', '"0.02"')
    desk = Preset("crypto_futures", deep, "10000 USDT", *wide, *rules)
    desk.send("950", "100")
    assert desk.levels() == {}
    desk.send("60", "100")
    assert desk.levels() == {"gross_watch": "WARN"}, "told, and let go on"
    assert desk.denials() == {}
    desk.send("940", "100")
    desk.send("60", "100")
    assert list(desk.denials()) == ["RISK_LEVERAGE"]


@pytest.mark.parametrize("held", ["0.001", "0.002"])
def test_system_cs_valve_lets_nothing_in_while_anything_is_held(held: str) -> None:
    """C36: a position above 0.001 forbids entries, exits only."""
    desk = Preset(
        "crypto_swap", SWAP, "10000 USDT", "[risk.rules]", 'stop_required = "off"', "valve = {}"
    )
    desk.send(held, "100")
    desk.send("0.005", "100")
    assert ("RISK_POSITION_OPEN" in desk.denials()) is (held == "0.002")
    desk.send("-0.001", "100")
    assert sum(desk.denials().values()) == (held == "0.002"), "exits pass"
