"""Risk presets: named limits that a configuration starts from and may override one by one."""

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
}
