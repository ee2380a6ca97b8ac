"""Words of risk: limits of single orders, levels, verdicts, and what a desk notes of them.

The gate is `hexdesk.application.gate.risk_gate`, rules and watch are `hexdesk.application.risk`.
Numbers are decimal strings in the units that each attribute names; `unlimited` and `off` must be
said, they are never a default of silence.
"""

from decimal import Decimal, InvalidOperation
from enum import IntEnum, StrEnum
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from hexdesk.domain.money import Money
from hexdesk.domain.values import TimeNs

UNLIMITED = "unlimited"
OFF = "off"
LIMITS = "limits"
"""Stands for the gate's limits where a rule is named."""
DESK_SCOPE = "desk"


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one instrument, or of all that have none of their own.

    Attributes:
        order_quantity_max: Largest order.
        order_notional_max: Largest order value in the settlement currency.
        position_quantity_max: Largest position of one strategy, open orders counted at worst.
        position_notional_max: The same as a value in the settlement currency.
        collar_pct: How far a limit price may lie on the wrong side of the touch, in percent.
        orders_per_second_max: New orders and amendments of one strategy in any second.
        open_orders_max: Open orders of one strategy.
    """

    order_quantity_max: str = UNLIMITED
    order_notional_max: str = "100000"
    position_quantity_max: str = UNLIMITED
    position_notional_max: str = "250000"
    collar_pct: str = "2"
    orders_per_second_max: str = "10"
    open_orders_max: str = "50"


STAGES_PCT = (10, 25, 50, 100)
"""Parts of the size limits, in percent, in which a desk goes live (experience.md, section 5)."""
FULL_PCT = STAGES_PCT[-1]
SIZES = (
    "order_quantity_max", "order_notional_max", "position_quantity_max", "position_notional_max",
)  # fmt: skip
"""Limits that a stage makes smaller."""


def at_stage(limits: RiskLimits, stage_pct: int) -> RiskLimits:
    """Return limits of which the sizes are a part; what is unlimited stays so.

    Raises:
        ValueError: A size is no number.
    """
    if stage_pct == FULL_PCT:
        return limits
    return replace(limits, **{name: _part(getattr(limits, name), stage_pct) for name in SIZES})


def _part(text: str, percent: int) -> str:
    try:
        return text if text == UNLIMITED else f"{Decimal(text) * percent / FULL_PCT:f}"
    except InvalidOperation as error:
        raise ValueError(f"expected a number or {UNLIMITED!r}, was {text!r}") from error


GATE_CODES: dict[str, str] = {
    "order_quantity_max": "ORDER_SIZE",
    "order_notional_max": "ORDER_SIZE",
    "position_quantity_max": "RISK_POSITION",
    "position_notional_max": "RISK_POSITION",
    "collar_pct": "ORDER_COLLAR",
    "orders_per_second_max": "RISK_RATE",
    "open_orders_max": "RISK_OPEN_ORDERS",
}
"""What the gate denies with, by limit."""


class Layer(StrEnum):
    """What a rule is about."""

    ORDER = "order"
    STRATEGY = "strategy"
    INSTRUMENT = "instrument"
    ACCOUNT = "account"
    DESK = "desk"
    LINK = "link"


class Level(IntEnum):
    """The ladder, step by step; each allows less than the one before.

    Orders that only reduce pass at every level, and so do cancels.
    """

    NORMAL = 0
    WARN = 1
    """A person is told."""
    THROTTLE = 2
    """What grows a position must keep a distance in time."""
    REDUCING = 3
    """Only what reduces passes."""
    FLATTEN = 4
    """The same, and what is held is closed, once."""
    HALTED = 5
    """The same as REDUCING, and open orders are canceled."""


NORMAL = Level.NORMAL
WARN = Level.WARN
THROTTLE = Level.THROTTLE
REDUCING = Level.REDUCING
FLATTEN = Level.FLATTEN
HALTED = Level.HALTED


class Verdict(msgspec.Struct, frozen=True):
    """Why an order must not leave, as a value.

    Attributes:
        rule: Name of the rule.
        code: Reason code, as `RISK_EXPOSURE`.
        measured: What the order would make it.
        limit: What is allowed.
        remedy: What a person may do about it.
    """

    rule: str
    code: str
    measured: str
    limit: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """The facts as `key=value`; after the code they make the text of a denial."""
        return f"rule={self.rule} measured={self.measured} limit={self.limit}"


class RiskStepped(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="risk_step"):
    """A rule changed the level of a scope, or a person re-armed it.

    Attributes:
        scope: `desk`, `account:NAME`, `strategy:NAME` or `instrument:ID`.
        rule: Which rule.
        level: The new one.
        code: Reason code that orders are denied with.
        text: What was measured, and the limit.
        by: Who re-armed it; empty for the rule itself.
        reason: Why; likewise.
        ts_init: When.
    """

    scope: str
    rule: str
    level: Level
    code: str
    text: str
    by: str
    reason: str
    ts_init: TimeNs


class RiskNoted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="risk_note"):
    """What a rule has to remember of a scope over a restart, as a day's start or a peak."""

    scope: str
    name: str
    values: tuple[int, ...]
    ts_init: TimeNs


class RiskChanged(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="risk_change"):
    """A person changed a setting of a rule on the running desk.

    Attributes:
        rule: Which rule.
        key: Which of its settings.
        value: The new value, as in `plugins.toml`.
        before: The old one.
        by: Who.
        reason: Why.
        confirmed_by: Who agreed to a looser limit; empty where nobody had to.
        ts_init: When.
        scope: See `ChangeRule`.
        is_configured: See `ChangeRule`.
    """

    rule: str
    key: str
    value: str
    before: str
    by: str
    reason: str
    confirmed_by: str
    ts_init: TimeNs
    scope: str = ""
    is_configured: bool = False


class RearmRule(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="rearm_rule"):
    """End a level of a scope; needs a person, a reason, and a condition that is over.

    Losses and losing streaks are not over by themselves: `accepts_loss` lets them begin anew.
    """

    scope: str
    rule: str
    by: str
    reason: str
    accepts_loss: bool
    ts_init: TimeNs


class ChangeRule(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="change_rule"):
    """Change one setting of a rule that is on; a looser one may need `confirmed_by`.

    The rule `limits` stands for the gate's. `scope` is empty for all, `strategy:NAME` for a rule of
    one strategy, or `instrument:ID` for a limit of one instrument. One that `is_configured` was
    read from the configuration, and after a restart what the configuration says then holds.
    """

    rule: str
    key: str
    value: str
    by: str
    reason: str
    confirmed_by: str
    ts_init: TimeNs
    scope: str = ""
    is_configured: bool = False


class RiskSetting(msgspec.Struct, frozen=True):
    """A setting of a rule or a limit, as `ChangeRule` has it, by nobody yet."""

    rule: str
    key: str
    value: str
    scope: str = ""


class SwitchGroup(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="switch_group"):
    """Let the strategies of one group open positions, and no others."""

    group: str
    by: str
    reason: str
    ts_init: TimeNs


class CapitalPart(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a strategy is to have of its account; without `capital` it shares what is left."""

    strategy_id: str
    capital: Money | None


class AllocateCapital(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="allocate"):
    """Divide the capital of accounts anew: all parts at once, those that are not named stay.

    More for a strategy may need `confirmed_by`, as a looser limit does.
    """

    parts: tuple[CapitalPart, ...]
    by: str
    reason: str
    confirmed_by: str
    ts_init: TimeNs


class CapitalSet(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="capital"):
    """A strategy has another part of its account, by a person or by its plan.

    Attributes:
        strategy_id: Whose.
        capital: Its part from now on; None shares what is left.
        before: The one before.
        by: Who.
        reason: Why.
        confirmed_by: Who agreed to more; empty where nobody had to.
        ts_init: When.
    """

    strategy_id: str
    capital: Money | None
    before: Money | None
    by: str
    reason: str
    confirmed_by: str
    ts_init: TimeNs


RiskCommand: TypeAlias = RearmRule | ChangeRule | SwitchGroup | AllocateCapital
RiskNote: TypeAlias = RiskStepped | RiskNoted | RiskChanged | CapitalSet
