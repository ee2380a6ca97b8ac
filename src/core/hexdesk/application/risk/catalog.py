"""Every rule that hexdesk brings along: one table, from which the documentation is made too."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hexdesk.application.risk import ladders, moment_rules, order_rules
from hexdesk.application.risk.ladders import LadderRule, LadderSettings, make_ladder, readers_of
from hexdesk.domain.risk import Layer
from hexdesk.ports.risk import OrderRule

Made = Sequence[OrderRule | LadderRule]


class RuleKind(msgspec.Struct, frozen=True):
    """A rule that may be switched on.

    Attributes:
        name: As in `[risk.rules.NAME]`.
        summary: What it is about, in a line.
        layer: What it holds for.
        code: Reason code of its denials.
        settings: Their type; every field has a default.
        make: Returns the rules of settings; empty where these say off.
        seeds: Ids of the seed systems' features that it stands for.
        unit: What the numbers of its settings mean, where that is not said there.
    """

    name: str
    summary: str
    layer: Layer
    code: str
    settings: type[msgspec.Struct]
    make: Callable[[Any], Made]
    seeds: tuple[str, ...] = ()
    unit: str = ""

    @property
    def watches(self) -> bool:
        """Whether it watches all the time, and not single orders."""
        return issubclass(self.settings, LadderSettings)


def _ladder(name: str, code: str, kind: str) -> Callable[[Any], Made]:
    def make(settings: LadderSettings) -> Made:
        read, show = readers_of(settings, kind)
        rule = make_ladder(name, code, settings, read, show)
        return () if rule is None else (rule,)

    return make


def _watching(  # noqa: PLR0917 - one row of a table
    name: str, summary: str, layer: Layer, code: str, settings: type[LadderSettings], unit: str,
    *seeds: str,
) -> RuleKind:  # fmt: skip
    return RuleKind(name, summary, layer, code, settings, _ladder(name, code, unit), seeds, unit)


_R = RuleKind
KINDS: tuple[RuleKind, ...] = (
    _R("market_data", "quotes are there, fresh, and not crossed", Layer.INSTRUMENT, "FEED_STALE",
       moment_rules.MarketData, moment_rules.market_data, ("C29",), "ms"),
    _R("duplicate", "no order twice", Layer.ORDER, "ORDER_DUPLICATE",
       order_rules.Duplicate, order_rules.duplicate, ("C16",), "orders"),
    _R("self_trade", "no trade with oneself", Layer.ACCOUNT, "ORDER_SELF_TRADE",
       order_rules.NoSettings, order_rules.self_trade, (), ""),
    _R("stop_required", "no entry without a stop", Layer.ORDER, "RISK_STOP_MISSING",
       order_rules.NoSettings, order_rules.stop_required, ("C14",), ""),
    _R("reward", "target against stop", Layer.ORDER, "RISK_REWARD",
       order_rules.Reward, order_rules.reward, ("D10",), "ratio"),
    _R("per_trade", "loss at the stop", Layer.ORDER, "RISK_PER_TRADE",
       order_rules.PerTrade, order_rules.per_trade, ("C15",), "% of equity"),
    _R("order_margin", "margin of one order", Layer.ORDER, "RISK_MARGIN",
       order_rules.OrderMargin, order_rules.order_margin, ("D10",), "% of equity"),
    _R("entry_interval", "pace of entries", Layer.STRATEGY, "RISK_RATE",
       moment_rules.EntryInterval, moment_rules.entry_interval, ("B15", "C16"), "s"),
    _R("message_budget", "requests to the venue", Layer.ACCOUNT, "RISK_RATE",
       order_rules.MessageBudget, order_rules.message_budget, ("D34", "E13"), "requests/min"),
    _R("valve", "one-way: no entry while anything is held", Layer.STRATEGY, "RISK_POSITION_OPEN",
       moment_rules.Valve, moment_rules.valve, ("C36",), "quantity"),
    _R("close_lock", "one close at a time", Layer.STRATEGY, "RISK_CLOSE_PENDING",
       moment_rules.CloseLock, moment_rules.close_lock, ("C35",), "s"),
    _R("global_position", "position of all strategies", Layer.ACCOUNT, "RISK_POSITION",
       order_rules.GlobalPosition, order_rules.global_position, ("A14", "A32", "A34"), ""),
    _R("position_count", "number of positions", Layer.ACCOUNT, "RISK_POSITION_COUNT",
       order_rules.PositionCount, order_rules.position_count, ("D7",), "positions"),
    _R("concentration", "one instrument against equity", Layer.ACCOUNT, "RISK_CONCENTRATION",
       order_rules.Concentration, order_rules.concentration, ("B15",), "% of equity"),
    _R("exposure", "all positions against equity", Layer.ACCOUNT, "RISK_EXPOSURE",
       order_rules.Exposure, order_rules.exposure, ("C16", "E13"), "times equity"),
    _R("desk_exposure", "positions of all accounts against their equity", Layer.DESK,
       "RISK_EXPOSURE", order_rules.DeskExposure, order_rules.desk_exposure, ("C16", "E13"),
       "times equity"),
    _R("leverage", "a strategy against its capital", Layer.STRATEGY, "RISK_LEVERAGE",
       order_rules.Leverage, order_rules.leverage, ("C14", "C15", "D9"), "times capital"),
    _R("allocation", "a strategy's own money", Layer.STRATEGY, "CAPITAL_ALLOCATION",
       order_rules.NoSettings, moment_rules.allocation, ("C3", "C22"), ""),
    _watching("daily_loss", "loss since the trading day began", Layer.ACCOUNT, "RISK_DAILY_LOSS",
              ladders.DailyLoss, "pct", "A14", "A35", "B8", "D41"),
    _watching("drawdown", "loss since the peak", Layer.ACCOUNT, "RISK_DRAWDOWN",
              ladders.Drawdown, "pct", "B7", "B13", "B17", "C15"),
    _watching("desk_loss", "loss of all accounts since the trading day began", Layer.DESK,
              "RISK_DAILY_LOSS", ladders.DailyLoss, "pct", "A14", "B8"),
    _watching("desk_drawdown", "loss of all accounts since their peak", Layer.DESK,
              "RISK_DRAWDOWN", ladders.Drawdown, "pct", "B7", "E15"),
    _watching("strategy_loss", "loss of one strategy", Layer.STRATEGY, "RISK_STRATEGY_LOSS",
              ladders.StrategyLoss, "pct", "A14"),
    _watching("streak", "losing closes in a row", Layer.STRATEGY, "RISK_STREAK",
              ladders.Streak, "count"),
    _watching("slippage", "fills worse than decided", Layer.STRATEGY, "RISK_SLIPPAGE",
              ladders.Slippage, "count", "B3", "B13", "B15"),
    _watching("fill_ratio", "orders without any fill", Layer.STRATEGY, "RISK_FILL_RATIO",
              ladders.FillRatio, "pct", "B5"),
    _watching("gross_watch", "exposure as prices move", Layer.ACCOUNT, "RISK_EXPOSURE",
              ladders.GrossWatch, "ratio", "E13"),
    _watching(ladders.LIQUIDATION, "how near a liquidation is", Layer.ACCOUNT, "RISK_LIQUIDATION",
              ladders.Liquidation, ladders.AWAY),
    _watching("volatility", "a market that moves more than usual", Layer.INSTRUMENT,
              "RISK_VOLATILITY", ladders.Volatility, "ratio", "D40"),
    _watching("rejects", "orders that the venue refuses", Layer.ACCOUNT, "RISK_REJECTS",
              ladders.Rejects, "count"),
    _watching("link", "requests that fail in a row", Layer.LINK, "LINK_BLOCKED",
              ladders.Link, "count", "D27"),
)  # fmt: skip
BY_NAME: dict[str, RuleKind] = {kind.name: kind for kind in KINDS}
