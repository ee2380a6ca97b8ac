"""Every active rule is fired before the desk starts: one that cannot fire stops the start.

The cases are made from the rules' own effective settings, just inside and just beyond each limit.
"""

from collections.abc import Callable, Iterable

import msgspec

from hexdesk.application.gate.gate_limits import NO_LIMIT, GateLimits
from hexdesk.application.gate.risk_rules import ONE, Denial, check_limits
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.market.markets import Market
from hexdesk.application.risk.ladders import LadderRule
from hexdesk.application.risk.plan import ActiveRule
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.order import new_order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.errors import ConfigError
from hexdesk.ports.risk import Edge, OrderRule

CODE = "RISK_SELFTEST"
LIMITS = {
    "order_quantity_max": "ORDER_SIZE",
    "order_notional_max": "ORDER_SIZE",
    "position_quantity_max": "RISK_POSITION",
    "position_notional_max": "RISK_POSITION",
    "collar": "ORDER_COLLAR",
    "open_orders_max": "RISK_OPEN_ORDERS",
}
"""The gate's limits, and what they deny with; the rate is counted, not compared."""
_TOUCH = 1_000_000


def try_rules(rules: Iterable[ActiveRule]) -> int:
    """Fire every rule and return how many limits were tried.

    Raises:
        ConfigError: One fired too early, not at all, or with another's code; its settings make no
            sense; it has no limit at all.
    """
    return sum(_try(rule) for rule in rules)


def try_limits(instrument: Instrument, limits: GateLimits) -> int:
    """Fire the gate's own limits of one instrument; the same.

    Raises:
        ConfigError: The same.
    """
    tried = 0
    for name, code in LIMITS.items():
        limit = getattr(limits, name)
        if limit == NO_LIMIT:
            continue
        tried += 1
        alone = limits.alone(name)
        place = f"{instrument.id}.{name}"
        inside, beyond = _around(instrument, name, limit)
        early = _fire(instrument, alone, inside)
        if early is not None and inside.quantity:
            raise _problem(place, f"it fires inside its limit: {early[0]}: {early[1]}")
        denial = _fire(instrument, alone, beyond)
        if denial is None:
            raise _problem(place, "it does not fire beyond its limit")
        if denial[0] != code:
            raise _problem(place, f"it fires as {denial[0]}, not {code}")
    return tried


class _Shot(msgspec.Struct, frozen=True):
    """An order to fire at the gate, beside a number of open ones."""

    quantity: int
    price: int
    open_count: int = 0


def _around(instrument: Instrument, name: str, limit: int) -> tuple[_Shot, _Shot]:
    """Return orders just inside and just beyond a limit."""
    if name == "open_orders_max":
        return _Shot(int(limit > 0), _TOUCH, max(limit - 1, 0)), _Shot(1, _TOUCH, limit)
    if name == "collar":
        at = _TOUCH + _TOUCH * limit // ONE
        return _Shot(1, at), _Shot(1, at + 1)
    if "notional" in name:
        at = _largest(lambda quantity: instrument.value(_TOUCH, quantity) <= limit)
    else:
        at = limit
    return _Shot(at, _TOUCH), _Shot(at + 1, _TOUCH)


def _largest(fits: Callable[[int], bool]) -> int:
    """Return the largest number that fits, by doubling and halving."""
    beyond = 1
    while fits(beyond):
        beyond *= 2
    inside = 0
    while beyond - inside > 1:
        middle = (inside + beyond) // 2
        if fits(middle):
            inside = middle
        else:
            beyond = middle
    return inside


def _fire(instrument: Instrument, limits: GateLimits, shot: _Shot) -> Denial | None:
    """Check an order against limits, at an account that has never traded and owns everything."""
    market = Market(instrument)
    market.quote = Quote(instrument.id, _TOUCH, 1, _TOUCH, 1, 0, 0)
    account = Account("self-test", (instrument,))
    account.balance(instrument.settle).total = NO_LIMIT
    intent = NewOrder(
        "self-test", "self-test", account.id, instrument.id, BUY, LIMIT, shot.quantity, 0,
        price=shot.price,
    )  # fmt: skip
    ledger = Ledger(intent.strategy_id, market, account)
    return check_limits(new_order(intent), ledger, limits, shot.open_count, shot.quantity)


def _try(rule: ActiveRule) -> int:
    try:
        made = rule.made
    except ValueError as error:
        raise _problem(rule.name, str(error)) from error
    if not made:
        raise _problem(rule.name, "it has no limit: switch it off in so many words")
    return sum(
        _try_ladder(each) if isinstance(each, LadderRule) else _try_order_rule(each)
        for each in made
    )


def _try_order_rule(rule: OrderRule) -> int:
    edges: tuple[Edge, ...] = rule.edges()
    if not edges:
        raise _problem(rule.name, "it names no case that it fires at")
    for edge in edges:
        early = rule.check(edge.inside)
        if early is not None:
            raise _problem(rule.name, f"it fires inside its limit: {early.text}")
        verdict = rule.check(edge.beyond)
        if verdict is None:
            raise _problem(rule.name, "it does not fire beyond its limit")
        if verdict.code != rule.code:
            raise _problem(rule.name, f"it fires as {verdict.code}, not {rule.code}")
    return len(edges)


def _try_ladder(rule: LadderRule) -> int:
    for level, threshold in rule.thresholds:
        if rule.level_of(threshold) < level:
            raise _problem(rule.name, f"{level.name} is not reached at its threshold")
        if rule.level_of(threshold - 1) >= level:
            raise _problem(rule.name, f"{level.name} is reached below its threshold")
    return len(rule.thresholds)


def _problem(name: str, text: str) -> ConfigError:
    return ConfigError(
        f"rule {name!r} failed its self-test: {text}",
        code=CODE,
        path=f"risk.rules.{name.partition('.')[0]}",
        remedy='correct its settings, or switch it off: rules.NAME = "off"',
    )
