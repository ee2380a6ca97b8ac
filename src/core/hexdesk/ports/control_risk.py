"""What can be asked and told about rules and limits while a desk runs."""

from typing import ClassVar

import msgspec

from hexdesk.domain.risk import NORMAL, Layer, Level
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import Mutation, Query, Scope


class RuleUse(msgspec.Struct, frozen=True, kw_only=True):
    """One rule or limit of the gate at one scope, and how much of it is used.

    Attributes:
        rule: Name; with the part that is measured, where a rule has several.
        scope: As in levels: `desk`, `account:NAME`, `strategy:NAME`, `instrument:ID`.
        instrument_id: Where within the scope it is the most; empty for everywhere.
        layer: What the rule holds for.
        code: What it denies with.
        level: Which one holds now.
        use: How much is used; empty where nothing is before an order.
        limit: What is allowed, or where the next level begins.
        unit: Of both, as far as there is one.
        next_level: The level that begins there; the present one at the top; NORMAL without levels.
        used_pct: Part of the limit that is used, in percent; -1 where there is none.
        latched: Whether a person must end the level that holds.
        since_ns: Since when it holds; 0 at NORMAL.
        text: What was measured when it began.
    """

    rule: str
    scope: str
    layer: Layer
    code: str
    instrument_id: str = ""
    level: Level = NORMAL
    use: str = ""
    limit: str = ""
    unit: str = ""
    next_level: Level = NORMAL
    used_pct: int = -1
    latched: bool = False
    since_ns: TimeNs = 0
    text: str = ""


class RateInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit of a currency is worth in that of a sum.

    Attributes:
        currency: Which.
        rate: Decimal number; empty where it is unknown.
        origin: The instrument whose price it is, or who says so.
        problem: Why it is unknown; empty where it is known.
    """

    currency: str
    rate: str
    origin: str
    problem: str = ""


class SumInfo(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts of a desk together; amounts are empty where the sum is unknown.

    Attributes:
        currency: Of the sum.
        equity: Cash and open positions.
        gross: Exposure, with all that works.
        result: Equity less what was paid in.
        problem: Why there is no sum; empty where there is.
        rates: By currency.
    """

    currency: str
    equity: str
    gross: str
    result: str
    problem: str
    rates: tuple[RateInfo, ...]


class RiskReport(msgspec.Struct, frozen=True, kw_only=True):
    """All rules that are on and the gate's limits of what is traded.

    Attributes:
        rules: By name and scope.
        groups: Strategies that run together, by name of the group.
        confirm_looser: Whether a looser limit needs a second person.
        total: All accounts together; None without rules.
    """

    rules: tuple[RuleUse, ...]
    groups: dict[str, tuple[str, ...]]
    confirm_looser: bool
    total: SumInfo | None = None


class Rearmed(msgspec.Struct, frozen=True, kw_only=True):
    """A level that a person ended; NORMAL where there was none."""

    rule: str
    scope: str
    level: Level
    text: str = ""


class RuleChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that a person changed, or would.

    Attributes:
        before: What it was.
        is_looser: Whether something passes that did not before.
        needs_second: Whether a second person would have to agree; of dry runs only.
        confirmed_by: Who agreed; empty where nobody had to.
    """

    rule: str
    key: str
    value: str
    scope: str
    before: str
    is_looser: bool
    needs_second: bool = False
    confirmed_by: str = ""


class GroupSwitched(msgspec.Struct, frozen=True, kw_only=True):
    """Which strategies may enter from now on that might not before, and which no longer."""

    group: str
    resumed: tuple[str, ...]
    stopped: tuple[str, ...]


class GetRiskReport(Query[RiskReport], frozen=True, kw_only=True):
    """Return every rule with its use now."""


class RearmRule(Mutation[Rearmed], frozen=True, kw_only=True):
    """End a level of a rule; `author` is set by the control plane.

    Attributes:
        rule: Name.
        risk_scope: Where; empty if the rule is at a level in one place only.
        accepts_loss: Let losses count from here: they do not end by themselves.
    """

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True
    needs_account: ClassVar[bool] = True
    rule: str
    risk_scope: str = ""
    accepts_loss: bool = False
    author: str = ""


class ChangeRule(Mutation[RuleChanged], frozen=True, kw_only=True):
    """Change a setting of a rule, or a limit of the gate; `author` is set by the control plane.

    A live desk wants its account typed out for a looser one.

    Attributes:
        rule: Name; `limits` for the gate's.
        key: Of the setting, as in the configuration.
        value: As in the configuration.
        risk_scope: Empty for all; `strategy:NAME` of a rule, `instrument:ID` of a limit.
    """

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    rule: str
    key: str
    value: str
    risk_scope: str = ""
    author: str = ""


class SwitchGroup(Mutation[GroupSwitched], frozen=True, kw_only=True):
    """Let one group of strategies enter, and no other strategy; `author` is set by the plane."""

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    group: str
    author: str = ""
