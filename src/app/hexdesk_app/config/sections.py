"""From the merged tree to a `Config`: each section checked, then sections against each other."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.domain.instruments import Instrument, InstrumentSettings, make_instrument
from hexdesk.domain.money import Money, parse_money, parse_raw
from hexdesk.domain.risk import UNLIMITED, RiskLimits
from hexdesk.errors import ConfigError
from hexdesk_app.config.convert import Place, show_value, suggest, to_struct
from hexdesk_app.config.layers import Table, is_list, is_table
from hexdesk_app.config.paths import Origins
from hexdesk_app.config.presets import RISK_PRESETS
from hexdesk_app.config.risk import (
    OWN_KEYS,
    RiskSection,
    RuleTables,
    read_plugins,
    read_rates,
    read_rules,
    read_settings,
    rule_presets,
)
from hexdesk_app.config.schema import (
    AlertSettings,
    BrokerHead,
    BrokerSection,
    ChannelHead,
    ChannelSection,
    Config,
    DeskSettings,
    FeedHead,
    FeedSection,
    LoggingSettings,
    Name,
    PluginHead,
    PluginSection,
    StrategySection,
    StrategyTable,
)
from hexdesk_app.display.look import find_zone

S = TypeVar("S", bound=msgspec.Struct)
R = TypeVar("R")

RATE_DECIMALS_MAX = 18


class Builder:
    """Reads one merged tree; `errors` holds everything that is wrong with it."""

    def __init__(self, tree: Table, origins: Origins) -> None:
        self._tree = tree
        self._root = Place(path=(), origins=origins)
        self.errors: list[ConfigError] = []

    def build(self, base_path: Path, files: tuple[str, ...]) -> Config | None:
        """Return the configuration, None where there are errors."""
        self._check_names()
        desk = self._section("desk", DeskSettings)
        self._check_zone(desk)
        logging = self._section("logging", LoggingSettings)
        instruments = self._tables("instruments", self._instrument, check_name=False)
        self._check_spelling(instruments)
        brokers = self._tables("brokers", self._broker)
        self._check_accounts(brokers)
        feeds = self._tables("feeds", self._feed)
        servers = self._tables("servers", self._plugin)
        journal = self._single("journal")
        read_model = self._single("read_model")
        telemetry = self._single("telemetry")
        alerts = self._section("alerts", AlertSettings)
        channels = self._tables("channels", self._channel)
        reconciliation = self._section("reconciliation", ReconciliationSettings)
        risk = self._risk()
        broker_names = list(self._table("brokers"))
        strategies = self._tables(
            "strategies", lambda place, table: self._strategy(place, table, broker_names)
        )
        if desk is None or logging is None or risk is None or reconciliation is None:
            return None
        self._check_claims(reconciliation.claims, strategies)
        if self.errors or alerts is None:
            return None
        return Config(
            desk=desk,
            instruments=instruments,
            brokers=brokers,
            feeds=feeds,
            journal=journal,
            read_model=read_model,
            telemetry=telemetry,
            alerts=alerts,
            channels=channels,
            servers=servers,
            strategies=strategies,
            risk=risk,
            reconciliation=reconciliation,
            logging=logging,
            base_path=base_path,
            files=files,
            tree=self._tree,
            origins=self._root.origins,
        )

    # ---------------------------------------------------------------------------------------------
    # Tables

    def _check_names(self) -> None:
        known = set(Config.__struct_fields__) - {"base_path", "files", "tree", "origins", "reread"}
        for name in self._tree:
            if name not in known:
                self.errors.append(
                    self._root.error(
                        "CONFIG_UNKNOWN_KEY", "is not a section", name, suggest(name, known)
                    )
                )

    def _table(self, name: str, place: Place | None = None, tree: Table | None = None) -> Table:
        """Return a table that may be absent; a value in its place is reported."""
        value = (self._tree if tree is None else tree).get(name, {})
        if is_table(value):
            return value
        self.errors.append(
            (place or self._root).error(
                "CONFIG_TYPE", f"expected a table, was {show_value(value)}", name,
                f"write it as [{name}]",
            )
        )  # fmt: skip
        return {}

    def _section(self, name: str, kind: type[S]) -> S | None:
        return to_struct(self._table(name), kind, self._root.inside(name), self.errors)

    def _tables(
        self, section: str, read: Callable[[Place, Table], R | None], *, check_name: bool = True
    ) -> dict[str, R]:
        place = self._root.inside(section)
        tables = self._table(section)
        found: dict[str, R] = {}
        for name in tables:
            if check_name and not self._is_name(name):
                self.errors.append(
                    place.error(
                        "CONFIG_VALUE",
                        "expected a name of 1-40 letters, digits, - and _",
                        name,
                        "rename the section",
                    )
                )
                continue
            before = len(self.errors)
            table = self._table(name, place, tables)
            item = read(place.inside(name), table) if len(self.errors) == before else None
            if item is not None:
                found[name] = item
        return found

    @staticmethod
    def _is_name(name: str) -> bool:
        try:
            msgspec.convert(name, Name)
        except msgspec.ValidationError:
            return False
        return True

    def _head(self, table: Table, kind: type[S], place: Place) -> tuple[S | None, Table]:
        """Split a table into hexdesk's keys, converted, and the rest for the plugin."""
        own = {field.encode_name for field in msgspec.structs.fields(kind)}
        head = to_struct(
            {key: value for key, value in table.items() if key in own}, kind, place, self.errors
        )
        return head, {key: value for key, value in table.items() if key not in own}

    def _money(self, text: str, place: Place, key: str) -> Money | None:
        try:
            money = parse_money(text)
            problem = "" if money.amount > 0 else f"expected an amount above 0, was {text!r}"
        except ValueError as error:
            money, problem = None, str(error)
        if problem:
            self.errors.append(
                place.error("CONFIG_VALUE", problem, key, f'write {key} as "50000 USDT"')
            )
        return money

    # ---------------------------------------------------------------------------------------------
    # Sections

    def _instrument(self, place: Place, table: Table) -> Instrument | None:
        settings = to_struct(table, InstrumentSettings, place, self.errors, decimals=True)
        if settings is None:
            return None
        try:
            return make_instrument(place.path[-1], settings)
        except ValueError as error:
            self.errors.append(
                place.error("CONFIG_VALUE", str(error), remedy="correct the instrument")
            )
            return None

    def _broker(self, place: Place, table: Table) -> BrokerSection | None:
        head, settings = self._head(table, BrokerHead, place)
        if head is None:
            return None
        deposits = [self._money(text, place, "deposits") for text in head.deposits]
        currencies = [money.currency for money in deposits if money]
        for currency in sorted({each for each in currencies if currencies.count(each) > 1}):
            self.errors.append(
                place.error(
                    "CONFIG_CONFLICT", f"{currency} is deposited twice", "deposits",
                    "write one amount per currency",
                )
            )  # fmt: skip
        return BrokerSection(
            name=place.path[-1],
            path=place.path,
            plugin=head.plugin,
            settings=settings,
            settings_path=place.path,
            account=head.account or place.path[-1],
            deposits=tuple(money for money in deposits if money),
        )

    def _feed(self, place: Place, table: Table) -> FeedSection | None:
        head, settings = self._head(table, FeedHead, place)
        if head is None:
            return None
        return FeedSection(
            name=place.path[-1],
            path=place.path,
            plugin=head.plugin,
            settings=settings,
            settings_path=place.path,
            speed=head.speed,
        )

    def _channel(self, place: Place, table: Table) -> ChannelSection | None:
        head, settings = self._head(table, ChannelHead, place)
        if head is None:
            return None
        return ChannelSection(
            name=place.path[-1],
            path=place.path,
            plugin=head.plugin,
            settings=settings,
            settings_path=place.path,
            level=head.level,
            stage=head.stage,
        )

    def _plugin(self, place: Place, table: Table) -> PluginSection | None:
        head, settings = self._head(table, PluginHead, place)
        if head is None:
            return None
        return PluginSection(
            name=place.path[-1],
            path=place.path,
            plugin=head.plugin,
            settings=settings,
            settings_path=place.path,
        )

    def _single(self, name: str) -> PluginSection | None:
        """Return a section that there is one of; None without it."""
        if name not in self._tree:
            return None
        return self._plugin(self._root.inside(name), self._table(name))

    def _strategy(self, place: Place, table: Table, brokers: list[str]) -> StrategySection | None:
        head = to_struct(table, StrategyTable, place, self.errors)
        if head is None:
            return None
        for twice in sorted(
            {each for each in head.instruments if head.instruments.count(each) > 1}
        ):
            self.errors.append(
                place.error(
                    "CONFIG_CONFLICT", f"{twice} stands twice", "instruments", "keep it once"
                )
            )
        return StrategySection(
            name=place.path[-1],
            path=place.path,
            plugin=head.plugin,
            settings=head.settings,
            settings_path=(*place.path, "settings"),
            broker=self._broker_of(head, place, brokers),
            instruments=head.instruments,
            capital=self._money(head.capital, place, "capital") if head.capital else None,
            enabled=head.enabled,
            on_fault=head.on_fault,
        )

    def _broker_of(self, head: StrategyTable, place: Place, brokers: list[str]) -> str:
        if head.broker in brokers:
            return head.broker
        if not head.broker and len(brokers) == 1:
            return brokers[0]
        if head.broker:
            self.errors.append(
                place.error(
                    "CONFIG_CONFLICT",
                    f"there is no broker {show_value(head.broker)}",
                    "broker",
                    suggest(head.broker, brokers) if brokers else f"add [brokers.{head.broker}]",
                )
            )
        elif head.enabled:
            several = f"one of {', '.join(sorted(brokers))}" if brokers else "a broker"
            self.errors.append(
                place.error(
                    "CONFIG_MISSING",
                    f"must name {several}",
                    "broker",
                    f'broker = "{min(brokers)}"' if brokers else "add a [brokers.NAME]",
                )
            )
        return ""

    def _risk(self) -> RiskSection | None:
        place = self._root.inside("risk")
        table = dict(self._table("risk"))
        preset = str(table.get("preset", "standard"))
        base = RISK_PRESETS.get(preset)
        if base is None:
            hint = suggest(preset, RISK_PRESETS)
            text = f"there is no preset {show_value(preset)}"
            self.errors.append(place.error("CONFIG_VALUE", text, "preset", hint))
            base = {}
        for key in base.keys() - table.keys():
            place.origins.known[(*place.path, key)] = f"preset {preset}"
        own = {key: value for key, value in table.items() if key not in OWN_KEYS}
        limits = self._limits({**base, **own}, place, also=OWN_KEYS)
        settings = read_settings(table, preset, place, self.errors)
        tables = self._table("rules", place, table)
        usual = rule_presets(preset, settings, tables, place, self.errors)
        rules = read_rules(tables, usual, place.inside("rules"), self.errors)
        if limits is None or settings is None:
            return None
        return RiskSection(
            preset=preset,
            limits=limits,
            instruments=self._instrument_limits(table, place, limits),
            settings=settings,
            rules={name: rule for name, rule in rules.items() if rule is not None},
            strategies=self._strategy_rules(table, place),
            groups=self._groups(table, place),
            plugins=read_plugins(table, place, self.errors),
            rates=read_rates(
                self._table("rates", place, table), place.inside("rates"), self.errors
            ),
            custom={
                name: self._table(name, place.inside("custom"), tables)
                for tables in (self._table("custom", place, table),)
                for name in tables
            },
        )

    def _instrument_limits(
        self, table: Table, place: Place, limits: RiskLimits
    ) -> dict[str, RiskLimits]:
        below = place.inside("instruments")
        tables = self._table("instruments", place, table)
        instruments: dict[str, RiskLimits] = {}
        for name in tables:
            overrides = self._table(name, below, tables)
            found = self._limits(overrides, below.inside(name))
            if found is not None:
                written = {key: getattr(found, key) for key in overrides}
                instruments[name] = msgspec.structs.replace(limits, **written)
        return instruments

    def _strategy_rules(self, table: Table, place: Place) -> dict[str, RuleTables]:
        below = place.inside("strategies")
        tables = self._table("strategies", place, table)
        known = self._table("strategies")
        found: dict[str, RuleTables] = {}
        for name in tables:
            if name not in known:
                text = "names no strategy"
                self.errors.append(below.error("CONFIG_CONFLICT", text, name, suggest(name, known)))
            rules = self._table(name, below, tables)
            found[name] = read_rules(rules, {}, below.inside(name), self.errors, of_strategy=True)
        return found

    def _groups(self, table: Table, place: Place) -> dict[str, tuple[str, ...]]:
        """Return strategies that run together, by name."""
        known = self._table("strategies")
        found: dict[str, tuple[str, ...]] = {}
        below = place.inside("groups")
        for name, value in self._table("groups", place, table).items():
            shown = show_value(value)
            members = [str(each) for each in value] if is_list(value) else []
            strangers = [each for each in members if each not in known]
            if not members or strangers:
                text = f"expected a list of strategies, was {shown}"
                hint = suggest(strangers[0], known) if strangers else 'calm = ["a", "b"]'
                self.errors.append(below.error("CONFIG_VALUE", text, name, hint))
            found[name] = tuple(members)
        return found

    def _limits(
        self, table: Mapping[str, object], place: Place, also: tuple[str, ...] = ()
    ) -> RiskLimits | None:
        place = msgspec.structs.replace(place, also=also)
        limits = to_struct(table, RiskLimits, place, self.errors, decimals=True)
        if limits is None:
            return None
        for key in table:
            problem = _limit_problem(str(getattr(limits, key)))
            if problem:
                self.errors.append(
                    place.error("CONFIG_VALUE", problem, key, f'{key} = "{UNLIMITED}" is no limit')
                )
        return limits

    # ---------------------------------------------------------------------------------------------
    # Sections against each other

    def _check_zone(self, desk: DeskSettings | None) -> None:
        if desk is None:
            return
        try:
            find_zone(desk.display_zone)
        except (OSError, ValueError, KeyError):
            self.errors.append(
                self._root.inside("desk").error(
                    "CONFIG_VALUE",
                    f"there is no time zone {show_value(desk.display_zone)}",
                    "display_zone",
                    'display_zone = "UTC" or as "Asia/Tokyo"; "pip install tzdata" adds names',
                )
            )

    def _check_spelling(self, instruments: Mapping[str, Instrument]) -> None:
        """Refuse ids that differ only in case: two tables that mean one instrument."""
        place = self._root.inside("instruments")
        seen: dict[str, str] = {}
        for name in instruments:
            first = seen.setdefault(name.upper(), name)
            if first != name:
                self.errors.append(
                    place.error(
                        "CONFIG_CONFLICT",
                        f"is also defined as {first} ({place.origins.of((*place.path, first))})",
                        name,
                        "keep one of them",
                    )
                )

    def _check_accounts(self, brokers: Mapping[str, BrokerSection]) -> None:
        """Refuse one account in two sections: two writers would not see each other's orders."""
        seen: dict[tuple[str, str], BrokerSection] = {}
        for broker in brokers.values():
            first = seen.setdefault((broker.plugin, broker.account), broker)
            if first is not broker:
                self.errors.append(
                    self._root.inside("brokers").error(
                        "CONFIG_CONFLICT",
                        f"uses account {show_value(broker.account)}, as does brokers.{first.name}",
                        broker.name,
                        "let strategies share one section, or use another account",
                    )
                )

    def _check_claims(
        self, claims: Mapping[str, str], strategies: Mapping[str, StrategySection]
    ) -> None:
        """Refuse claims for a strategy that could not take the order."""
        place = self._root.inside("reconciliation").inside("claims")
        for instrument_id, name in claims.items():
            if name not in strategies or instrument_id not in strategies[name].instruments:
                text = f"there is no strategy {show_value(name)} with this instrument"
                remedy = "name one of [strategies] that has it among its instruments"
                self.errors.append(place.error("CONFIG_CONFLICT", text, instrument_id, remedy))


def _limit_problem(text: str) -> str:
    if text == UNLIMITED:
        return ""
    try:
        raw = parse_raw(text, RATE_DECIMALS_MAX)
    except ValueError as error:
        return f"{error}, or {UNLIMITED!r}"
    return "" if raw >= 0 else f"expected 0 or more, was {text!r}"
