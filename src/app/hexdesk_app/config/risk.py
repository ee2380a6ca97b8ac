"""`[risk]`: a preset, limits of single orders, rules, and how they are kept."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

from hexdesk.application.risk.catalog import BY_NAME, RuleKind
from hexdesk.application.risk.days import MINUTES_PER_DAY, TradingDays
from hexdesk.application.risk.plan import ActiveRule, RiskPlan
from hexdesk.application.risk.valuation import FixedRate, Valuation
from hexdesk.domain.money import SCALE_MAX, Money, parse_raw
from hexdesk.domain.risk import OFF, Layer, RiskLimits, at_stage
from hexdesk.domain.values import NS_PER_MS, NS_PER_SECOND
from hexdesk.errors import ConfigError
from hexdesk_app.config.convert import Place, show_value, suggest, to_struct
from hexdesk_app.config.layers import is_list, is_table
from hexdesk_app.config.presets import PRESET_DAYS, RULE_PRESETS
from hexdesk_app.display.look import find_zone


class RiskSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How rules are kept.

    Attributes:
        zone: Time zone of the trading day.
        day_start: When it begins there.
        mark_every_ms: How old equity and exposure may be.
        confirm_looser: Whether a second person must agree to a looser limit.
        stage: Percent of the size limits that hold: the way to live goes in steps.
        daily_loss_limit_pct: Loss of a day, in percent of equity, from which on only what reduces
            passes; people are told at half of it. The rule `daily_loss` in one line.
        currency: Of sums over all accounts; empty is that of the accounts.
        rate_age_s: How old a price may be that a rate is made of.
    """

    zone: str = "UTC"
    day_start: str = "00:00"
    mark_every_ms: int = 250
    confirm_looser: bool = False
    stage: Literal[10, 25, 50, 100] = 100
    daily_loss_limit_pct: str = ""
    currency: str = ""
    rate_age_s: int = 60


class _WrittenRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rate as people write it: units of the sum's currency for one, and who says so."""

    rate: str
    origin: str = ""


RuleTables = Mapping[str, ActiveRule | None]
Table = Mapping[str, object]
DAILY_LOSS = "daily_loss"


class RiskSection(msgspec.Struct, frozen=True, kw_only=True):
    """`[risk]`: limits of all instruments, and of those that have their own; rules.

    Attributes:
        preset: What it started from.
        limits: Of all instruments.
        instruments: Of those that have their own.
        settings: How rules are kept.
        rules: Those that are on.
        strategies: What differs for a strategy; None switches a rule off.
        groups: Strategies that run together.
        plugins: Where rules of others come from.
        custom: Settings of those rules, by name; converted when they are loaded.
        rates: What currencies are worth in that of sums: the id of an instrument, or a fixed rate.
    """

    preset: str
    limits: RiskLimits
    instruments: dict[str, RiskLimits]
    settings: RiskSettings = RiskSettings()
    rules: dict[str, ActiveRule] = {}
    strategies: dict[str, RuleTables] = {}
    groups: dict[str, tuple[str, ...]] = {}
    plugins: tuple[str, ...] = ()
    custom: dict[str, Mapping[str, object]] = {}
    rates: dict[str, str | FixedRate] = {}

    def of(self, instrument_id: str) -> RiskLimits:
        """Return the limits of an instrument, at the stage that holds."""
        return at_stage(self.instruments.get(instrument_id, self.limits), self.settings.stage)

    def plan(
        self, capital: Mapping[str, Money], more: Mapping[str, ActiveRule] | None = None
    ) -> RiskPlan:
        """Return what the desk's risk is to be, with the capital of strategies and more rules."""
        settings = self.settings
        return RiskPlan(
            rules={**self.rules, **(more or {})},
            strategies=self.strategies,
            capital=capital,
            days=TradingDays(find_zone(settings.zone), _minute(settings.day_start)),
            mark_every_ns=settings.mark_every_ms * NS_PER_MS,
            confirms_looser=settings.confirm_looser,
            groups=self.groups,
            limits=self.of(""),
            own_limits={each: self._own_limits(each) for each in self.instruments},
            valuation=Valuation(
                currency=settings.currency,
                rates=self.rates,
                age_ns_max=settings.rate_age_s * NS_PER_SECOND,
            ),
        )

    def _own_limits(self, instrument_id: str) -> dict[str, str]:
        """Return what differs for an instrument, at the stage that holds."""
        ours, usual = self.of(instrument_id), self.of("")
        return {
            name: getattr(ours, name)
            for name in RiskLimits.__struct_fields__
            if getattr(ours, name) != getattr(usual, name)
        }


OWN_KEYS = (
    *RiskSettings.__struct_fields__, "preset", "instruments", "rules", "strategies", "groups",
    "plugins", "custom", "rates",
)  # fmt: skip


def read_settings(
    table: Mapping[str, object], preset: str, place: Place, errors: list[ConfigError]
) -> RiskSettings | None:
    """Return how rules are kept."""
    own = {key: table[key] for key in table.keys() & set(RiskSettings.__struct_fields__)}
    zone, day_start = PRESET_DAYS.get(preset, ("UTC", "00:00"))
    settings = to_struct(
        {"zone": zone, "day_start": day_start, **own}, RiskSettings, place, errors, decimals=True
    )
    if settings is None:
        return None
    try:
        find_zone(settings.zone)
    except (OSError, ValueError, KeyError):
        text = f"there is no time zone {show_value(settings.zone)}"
        errors.append(place.error("CONFIG_VALUE", text, "zone", 'zone = "Asia/Tokyo"'))
    try:
        _minute(settings.day_start)
    except ValueError as error:
        errors.append(place.error("CONFIG_VALUE", str(error), "day_start", 'day_start = "20:00"'))
    if settings.rate_age_s <= 0:
        errors.append(
            place.error("CONFIG_VALUE", "expected 1 or more", "rate_age_s", "rate_age_s = 60")
        )
    if settings.mark_every_ms < 0:
        errors.append(
            place.error(
                "CONFIG_VALUE", "expected 0 or more", "mark_every_ms", "mark_every_ms = 250"
            )
        )
    return settings


def read_rules(
    table: Mapping[str, object],
    preset: Mapping[str, Mapping[str, object]],
    place: Place,
    errors: list[ConfigError],
    *,
    of_strategy: bool = False,
) -> dict[str, ActiveRule | None]:
    """Return rules by name, those of a preset and those that are written; None is off.

    Of one strategy there can only be rules that know strategies apart.
    """
    found: dict[str, ActiveRule | None] = {}
    for name in {**preset, **table}:
        written = table.get(name, {})
        kind = BY_NAME.get(name)
        if kind is None:
            errors.append(
                place.error("CONFIG_UNKNOWN_KEY", "is not a rule", name, suggest(name, BY_NAME))
            )
        elif of_strategy and kind.watches and kind.layer is not Layer.STRATEGY:
            text = f"watches each {kind.layer.value} as a whole, not single strategies"
            errors.append(place.error("CONFIG_VALUE", text, name, f"[risk.rules.{name}]"))
        elif written == OFF:
            found[name] = None
        elif not is_table(written):
            text = f"expected a table or {OFF!r}, was {show_value(written)}"
            errors.append(place.error("CONFIG_TYPE", text, name, f'{name} = "{OFF}" or {{}}'))
        else:
            merged = {**preset.get(name, {}), **written}
            rule = _read_rule(kind, merged, place.inside(name), errors)
            if rule is not None:
                found[name] = rule
    return found


def _read_rule(
    kind: RuleKind, table: Mapping[str, object], place: Place, errors: list[ConfigError]
) -> ActiveRule | None:
    settings = to_struct(table, kind.settings, place, errors, decimals=True)
    if settings is None:
        return None
    rule = ActiveRule(kind.name, kind.layer, settings, kind.make)
    try:
        made = rule.made
    except ValueError as error:
        key, _, problem = str(error).partition(": ")
        errors.append(place.error("CONFIG_VALUE", problem, key, f"correct {key}"))
        return None
    if not made:
        errors.append(
            place.error("CONFIG_VALUE", "has no limit at all", remedy=f'{kind.name} = "{OFF}"')
        )
        return None
    return rule


def read_plugins(
    table: Mapping[str, object], place: Place, errors: list[ConfigError]
) -> tuple[str, ...]:
    """Return the plugins that rules come from."""
    value = table.get("plugins", [])
    names = [each for each in value if isinstance(each, str)] if is_list(value) else []
    if is_list(value) and len(names) == len(value):
        return tuple(names)
    text = f"expected a list of plugins, was {show_value(table.get('plugins'))}"
    errors.append(place.error("CONFIG_TYPE", text, "plugins", 'plugins = ["acme_rules"]'))
    return ()


def read_rates(
    table: Mapping[str, object], place: Place, errors: list[ConfigError]
) -> dict[str, str | FixedRate]:
    """Return rates by currency: the id of an instrument, or a number with its origin."""
    found: dict[str, str | FixedRate] = {}
    for name, value in table.items():
        if isinstance(value, str):
            found[name] = value
            continue
        written = (
            to_struct(value, _WrittenRate, place.inside(name), errors) if is_table(value) else None
        )
        try:
            raw = parse_raw(written.rate, SCALE_MAX) if written is not None else 0
        except ValueError:
            raw = 0
        if raw > 0 and written is not None and written.origin.strip():
            found[name] = FixedRate(raw, SCALE_MAX, written.origin)
        else:
            text = f"expected an instrument, or a rate with its origin, was {show_value(value)}"
            remedy = f'{name} = "{name}USDT.VENUE", or {{ rate = "1.08", origin = "who says so" }}'
            errors.append(place.error("CONFIG_VALUE", text, name, remedy))
    return found


def rule_presets(
    preset: str,
    settings: RiskSettings | None,
    table: Table,
    place: Place,
    errors: list[ConfigError],
) -> Mapping[str, Table]:
    """Return the rules of a preset, none for one that is not known, and what one line says.

    Args:
        preset: Its name.
        settings: May hold that line.
        table: Rules that are written in full.
        place: Of `[risk]`.
        errors: Takes what is wrong.
    """
    rules = RULE_PRESETS.get(preset, {})
    key = "daily_loss_limit_pct"
    text = settings.daily_loss_limit_pct if settings is not None else ""
    if not text:
        return rules
    if DAILY_LOSS in table:
        problem = f"says the same as [risk.rules.{DAILY_LOSS}]"
        errors.append(place.error("CONFIG_CONFLICT", problem, key, "delete one of them"))
        return rules
    try:
        limit = Decimal(text)
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite() or not 0 < limit <= 100:  # noqa: PLR2004 - percent
        problem = f"expected a percentage up to 100, was {show_value(text)}"
        errors.append(place.error("CONFIG_VALUE", problem, key, f"{key} = 3.0"))
        return rules
    place.origins.known[*place.path, "rules", DAILY_LOSS] = place.origins.of((*place.path, key))
    return {**rules, DAILY_LOSS: {"warn": f"{limit / 2:f}", "reduce": f"{limit:f}"}}


def _minute(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit()):
        message = f"expected a time of the day as 20:00, was {text!r}"
        raise ValueError(message)
    minute = int(hours) * 60 + int(minutes)
    if minute >= MINUTES_PER_DAY or int(minutes) > 59:  # noqa: PLR2004 - minutes of an hour
        message = f"expected a time before 24:00, was {text!r}"
        raise ValueError(message)
    return minute
