"""Risk presets: named limits that a configuration starts from and may override one by one."""

from typing import TypeAlias

from hexdesk.domain.risk import UNLIMITED

RISK_PRESETS: dict[str, dict[str, object]] = {
    # the defaults of RiskLimits
    "standard": {},
    # real feeds and a real account, no position at all: the first stage on the way to live
    "observe": {"position_quantity_max": "0", "position_notional_max": "0"},
    # the first stage with money: a tenth of standard
    "careful": {
        "order_notional_max": "10000",
        "position_notional_max": "25000",
        "collar_pct": "1",
        "orders_per_second_max": "5",
        "open_orders_max": "20",
    },
    # "off" is said, never a default: for measurements and simulations
    "unlimited": {
        "order_quantity_max": UNLIMITED,
        "order_notional_max": UNLIMITED,
        "position_quantity_max": UNLIMITED,
        "position_notional_max": UNLIMITED,
        "collar_pct": UNLIMITED,
        "orders_per_second_max": UNLIMITED,
        "open_orders_max": UNLIMITED,
    },
    # system A: Japanese shares, at most 500 of one; a day may lose 10,000 JPY (A32, A35)
    "jp_equity": {
        "order_quantity_max": "100",
        "order_notional_max": UNLIMITED,
        "position_quantity_max": "500",
        "position_notional_max": UNLIMITED,
    },
    # system A, its first days with money: 100 at a time, 200 at most (A35)
    "jp_equity_start": {
        "order_quantity_max": "100",
        "order_notional_max": UNLIMITED,
        "position_quantity_max": "200",
        "position_notional_max": UNLIMITED,
    },
    # system B: US shares with 50,000 USD, a fifth of it in one symbol (B14, B15)
    "us_equity": {"order_notional_max": "50000", "position_notional_max": "50000"},
    # system C: perpetual swaps, 1 % a trade, three times the capital (C15)
    "crypto_swap": {"order_notional_max": "30000", "position_notional_max": "30000"},
    # system D: 10,000 USDT, margin 3 to 13 %, up to 20 times (D9, D10, D32)
    "crypto_futures": {"order_notional_max": "26000", "position_notional_max": "200000"},
    # system E: Chinese futures, checks in many dimensions (E13)
    "cn_futures": {"order_notional_max": "2000000", "position_notional_max": "10000000"},
}

Rules: TypeAlias = dict[str, dict[str, object]]
_WATCHED: Rules = {
    "self_trade": {},
    "allocation": {},
    "daily_loss": {"warn": "1.5", "reduce": "3"},
    "drawdown": {"warn": "10", "reduce": "15"},
    "slippage": {"over_pct": "0.2", "warn": "1", "throttle": "3"},
    "rejects": {"reduce": "10"},
    "link": {"warn": "2", "throttle": "4", "reduce": "5", "throttle_s": "2.0"},
}
_MARGINED: Rules = {**_WATCHED, "liquidation": {"warn": "10", "reduce": "5"}}
_YEN: Rules = {
    **_WATCHED, "daily_loss": {"unit": "amount", "warn": "5000", "reduce": "10000"},
}  # fmt: skip
RULE_PRESETS: dict[str, Rules] = {
    "standard": {**_MARGINED, "exposure": {"gross_max": "3"}},
    "observe": {**_MARGINED, "exposure": {"gross_max": "3"}},
    "careful": {
        **_MARGINED,
        "exposure": {"gross_max": "1"},
        "daily_loss": {"warn": "1", "reduce": "2"},
        "drawdown": {"warn": "5", "reduce": "10"},
    },
    "unlimited": {},
    "jp_equity": {**_YEN, "global_position": {"quantity_max": "500"}},
    "jp_equity_start": {**_YEN, "global_position": {"quantity_max": "200"}},
    "us_equity": {
        **_WATCHED,
        "concentration": {"pct_max": "20"},
        "exposure": {"gross_max": "1"},
        "entry_interval": {"seconds_min": "60"},
        "fill_ratio": {"warn": "5"},
    },
    "crypto_swap": {
        **_MARGINED,
        "exposure": {"gross_max": "3"},
        "leverage": {"max": "3"},
        "per_trade": {"pct_max": "1"},
        "stop_required": {},
        "duplicate": {"open_max": "0"},
        "market_data": {"age_ms_max": "5000"},
    },
    "crypto_futures": {
        **_WATCHED,
        "position_count": {"max": "999"},
        "leverage": {"max": "20"},
        # more than ten times is advised against, twenty is liquidated after five percent (D9)
        "gross_watch": {"warn": "10", "reduce": "off"},
        "liquidation": {"warn": "5", "reduce": "2.5"},
        "order_margin": {"pct_max": "13"},
        "stop_required": {},
        "reward": {"ratio_min": "2.0"},
        "message_budget": {"per_minute_max": "1920", "reserved_pct": "20"},
        "volatility": {"reduce": "3"},
    },
    "cn_futures": {
        **_MARGINED,
        "exposure": {"gross_max": "5"},
        "leverage": {"max": "5"},
        "market_data": {"age_ms_max": "5000"},
    },
}
"""Rules that a preset switches on, with what differs from their defaults."""
PRESET_DAYS: dict[str, tuple[str, str]] = {
    "jp_equity": ("Asia/Tokyo", "00:00"),
    "jp_equity_start": ("Asia/Tokyo", "00:00"),
    "us_equity": ("America/New_York", "00:00"),
    "cn_futures": ("Asia/Shanghai", "20:00"),
}
"""Time zone and begin of the trading day, where that is not midnight UTC."""
