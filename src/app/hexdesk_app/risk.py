"""Surrounds a desk with the risk that its configuration asks for; every rule is tried before."""

from collections.abc import Mapping
from functools import partial

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.faults import FAULTS, describe
from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.office import RiskOffice
from hexdesk.application.risk.order_rules import NoSettings
from hexdesk.application.risk.plan import ActiveRule
from hexdesk.application.risk.self_test import CODE, try_limits, try_rules
from hexdesk.application.risk.valuation import ValuedRule, rate_problem
from hexdesk.application.risk.watch import DESK_RULES
from hexdesk.domain.money import Money, currency_scale, pow10
from hexdesk.domain.risk import Layer, Verdict
from hexdesk.errors import ConfigError
from hexdesk.plugin import RiskRuleRegistration
from hexdesk.ports.risk import Edge, OrderCase, OrderRule
from hexdesk_app.config import Config
from hexdesk_app.config.convert import Place, suggest
from hexdesk_app.config.schema import Mode, StrategySection
from hexdesk_app.plugins import convert_settings, load


def attach_risk(config: Config, desk: Desk) -> RiskOffice:
    """Try every rule and limit, and bind them to a desk.

    Raises:
        ConfigError: One of them cannot fire (`RISK_SELFTEST`), or settings are wrong.
        PluginError: A plugin of `risk.plugins` cannot be loaded.
    """
    section = config.risk
    custom = custom_rules(config)
    try_rules([*section.rules.values(), *custom.values()])
    for rules in section.strategies.values():
        try_rules(rule for rule in rules.values() if rule is not None)
    traded = {each for part in config.enabled_strategies.values() for each in part.instruments}
    for instrument_id in sorted(traded):
        instrument = desk.market(instrument_id).instrument
        try_limits(instrument, GateLimits(section.of(instrument_id), instrument))
    _check_rates(config, desk)
    has_rules = bool(section.rules or section.strategies or custom)
    capital: Mapping[str, Money] = _capital(config, desk) if has_rules else {}
    engine = RiskEngine(desk, section.plan(capital, custom)).attach()
    return RiskOffice(desk, engine)


def _check_rates(config: Config, desk: Desk) -> None:
    """Refuse rates that are none, and rules about the whole desk without those that they need.

    Raises:
        ConfigError: The same.
    """
    section = config.risk
    settled = {
        desk.market(each).instrument.settle
        for part in config.enabled_strategies.values()
        for each in part.instruments
    }
    wanted = DESK_RULES & section.rules.keys()
    if wanted:
        try_rules([ActiveRule("valuation", Layer.DESK, NoSettings(), lambda _: (ValuedRule(),))])
    into = section.settings.currency or (min(settled) if len(settled) == 1 else "")
    missing = sorted(settled - section.rates.keys() - {into})
    path: tuple[str, ...] = ("risk", "currency")
    problem, remedy = "", 'currency = "USDT"'
    if wanted and not into:
        problem = f"accounts settle in {', '.join(sorted(settled))}: of which are the sums of"
        problem += f" {', '.join(sorted(wanted))}"
    elif wanted and missing:
        path = ("risk", "rates", missing[0])
        problem = f"is needed by {', '.join(sorted(wanted))}: accounts settle in it"
        remedy = f'{missing[0]} = "{missing[0]}{into}.VENUE"'
    for currency, source in section.rates.items():
        market = desk.markets.by_id.get(source) if isinstance(source, str) else None
        if isinstance(source, str) and not problem:
            path, remedy = ("risk", "rates", currency), f'{currency} = "{currency}{into}.VENUE"'
            problem = "there is no such instrument"
            if market is not None:
                problem = rate_problem(market.instrument, currency, into)
    if problem:
        raise ConfigError(
            problem,
            code="CONFIG_CONFLICT",
            path=".".join(path),
            origin=config.origins.of(path),
            remedy=remedy,
        )


def custom_rules(config: Config) -> dict[str, ActiveRule]:
    """Return the rules of plugins that `[risk.custom.NAME]` switches on.

    Raises:
        ConfigError: No plugin offers such a rule, or its settings are wrong.
        PluginError: A plugin cannot be loaded.
    """
    section = config.risk
    offered = load(section.plugins).risk_rules()
    found: dict[str, ActiveRule] = {}
    for name, table in section.custom.items():
        path = ("risk", "custom", name)
        registration = offered.get(name)
        if registration is None:
            raise ConfigError(
                "is a rule that none of risk.plugins offers",
                code="CONFIG_UNKNOWN_KEY",
                path=".".join(path),
                origin=config.origins.of(path),
                remedy=suggest(name, offered),
            )
        settings = convert_settings(registration, table, path, config.origins)
        found[name] = active_rule(registration, settings)
    return found


def active_rule(registration: RiskRuleRegistration, settings: msgspec.Struct) -> ActiveRule:
    """Return the rule of a plugin, switched on."""
    make = partial(_make, registration)
    return ActiveRule(registration.name, registration.layer, settings, make)


class GuardedRule:
    """A plugin's rule: where it raises, the order is refused and the desk goes on.

    Attributes:
        name: Of the rule.
        code: Its reason code.
    """

    __slots__ = ("_is_told", "_rule", "code", "name")

    def __init__(self, rule: OrderRule) -> None:
        self._rule = rule
        self._is_told = False
        self.name = rule.name
        self.code = rule.code

    def check(self, case: OrderCase) -> Verdict | None:
        """Return why an order must not leave, or None."""
        try:
            return self._rule.check(case)
        except FAULTS as error:  # a plugin may raise anything
            if not self._is_told:  # its traceback is in the log once, not at every order
                self._is_told = True
                describe(error, f"rule {self.name}")
            return Verdict(self.name, self.code, f"raised_{type(error).__name__}", "a_verdict")

    def edges(self) -> tuple[Edge, ...]:
        """Return the rule's own cases.

        Raises:
            ConfigError: It raised.
        """
        try:
            return self._rule.edges()
        except FAULTS as error:
            text = f"rule {self.name!r} raised {error!r} when it was asked for its cases"
            raise ConfigError(text, code=CODE) from error


def _make(registration: RiskRuleRegistration, settings: msgspec.Struct) -> tuple[OrderRule, ...]:
    """Return a plugin's rule.

    Raises:
        ConfigError: Its factory raised.
    """
    try:
        return (GuardedRule(registration.factory(settings)),)
    except FAULTS as error:
        text = f"the factory of rule {registration.name!r} raised {error!r}"
        raise ConfigError(text, code=CODE) from error


def _capital(config: Config, desk: Desk) -> Mapping[str, Money]:
    """Return what strategies were given; in a currency that they trade in."""
    found: dict[str, Money] = {}
    for name, part in config.enabled_strategies.items():
        if part.capital is None:
            continue
        settled = {desk.market(each).instrument.settle for each in part.instruments}
        if part.capital.currency not in settled:
            text = (
                f"is in {part.capital.currency}, but its instruments settle in"
                f" {', '.join(sorted(settled))}"
            )
            remedy = f'capital = "50000 {min(settled)}"'
            raise _place(config, part).error("CONFIG_CONFLICT", text, "capital", remedy)
        found[name] = part.capital
    if config.desk.mode is not Mode.LIVE:
        _check_sums(config, desk, found)
    return found


def _check_sums(config: Config, desk: Desk, capital: Mapping[str, Money]) -> None:
    """Refuse to give strategies more of an account than it has.

    What a live account has is its broker's to say, later: its buying power holds there.

    Raises:
        ConfigError: The same.
    """
    given: dict[tuple[str, str], int] = {}
    for name, money in capital.items():
        part = config.strategies[name]
        balance = desk.accounts[part.broker].balance(money.currency)
        place = (part.broker, money.currency)
        given[place] = given.get(place, 0) + money.amount
        digits = pow10(balance.scale - currency_scale(money.currency))
        if given[place] * digits > balance.deposited:
            account = Money(balance.deposited // digits, money.currency)
            text = (
                f"makes {Money(given[place], money.currency)} that strategies have of"
                f" {part.broker!r}, whose account has {account}"
            )
            remedy = f"give strategies less, or raise deposits under [brokers.{part.broker}]"
            raise _place(config, part).error("CONFIG_CONFLICT", text, "capital", remedy)


def _place(config: Config, part: StrategySection) -> Place:
    return Place(path=part.path, origins=config.origins)
