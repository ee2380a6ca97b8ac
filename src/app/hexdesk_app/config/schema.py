"""The sections of `plugins.toml`, as types: each value's type, range, default and meaning."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import Money
from hexdesk_app.config.layers import Table
from hexdesk_app.config.paths import Origins
from hexdesk_app.config.risk import RiskSection
from hexdesk_app.display.look import Look

Name: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
"""Of a section: 1-40 letters, digits, `-` and `_`; it becomes part of ids and file names."""
PluginName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=80)]


class Mode(StrEnum):
    """How a desk runs. `live` also needs to be armed."""

    BACKTEST = "backtest"
    PAPER = "paper"
    LIVE = "live"


class DeskSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[desk]`.

    Attributes:
        name: Of the desk, shown everywhere.
        mode: backtest, paper or live.
        run_id: Start of all order ids; empty derives one per run.
        seed: Of all randomness.
        state_path: Folder of journal and state; relative to the first configuration file.
        on_stop: What happens to open orders when the desk stops: cancel or keep.
        on_unreachable: What a live desk does at its start about a feed or broker that cannot be
            reached: wait, and open nothing there until it can, or fail.
        two_person: Whether a second person must agree to what cannot be undone on a live desk.
        stage_clean_days: Clean trading days that a stage of a live desk takes before the next may
            be armed; 0 for none.
        inbox_max: Inputs that may wait for the desk.
        strategy_budget_ms: Time that a strategy may take per call, in ms; 0 is unlimited.
        display_zone: Time zone of what people are shown; what is stored, and JSON, is UTC.
        up_color: Colour of gains: green, or red as in China and Japan.
    """

    name: Name = "desk"
    mode: Mode = Mode.PAPER
    run_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{0,20}$")] = ""
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    state_path: Annotated[str, Meta(min_length=1)] = "hexdesk_data"
    on_stop: Literal["cancel", "keep"] = "cancel"
    on_unreachable: Literal["wait", "fail"] = "wait"
    two_person: bool = False
    stage_clean_days: Annotated[int, Meta(ge=0, le=60)] = 3
    inbox_max: Annotated[int, Meta(ge=1_000, le=10_000_000)] = 65_536
    strategy_budget_ms: Annotated[float, Meta(ge=0.0, le=60_000.0)] = 0.0
    display_zone: str = "UTC"
    up_color: Literal["green", "red"] = "green"

    @property
    def look(self) -> Look:
        """How results are shown."""
        return Look(up_color=self.up_color, zone=self.display_zone)


class BrokerHead(msgspec.Struct, frozen=True, kw_only=True):
    """What `[brokers.NAME]` holds beside the plugin's own settings.

    Attributes:
        plugin: Entry point that offers the broker.
        account: Account id; empty means the section's name.
        deposits: What a simulated account starts with, as `100000 USDT`; empty means 10,000 of
            each currency that its instruments are settled in, or what makes the capital of its
            strategies, and 10,000 for those without.
    """

    plugin: PluginName
    account: Annotated[str, Meta(max_length=80)] = ""
    deposits: tuple[str, ...] = ()


class FeedHead(msgspec.Struct, frozen=True, kw_only=True):
    """What `[feeds.NAME]` holds beside the plugin's own settings.

    Attributes:
        plugin: Entry point that offers the live feed or the reader of recordings.
        speed: Of recordings: seconds played per second; 0 is as fast as possible.
    """

    plugin: PluginName
    speed: Annotated[float, Meta(ge=0.0, le=1e9)] = 0.0


class PluginHead(msgspec.Struct, frozen=True, kw_only=True):
    """Sections that hold a plugin's name and the plugin's own settings: `[journal]` and others."""

    plugin: PluginName


class ChannelHead(msgspec.Struct, frozen=True, kw_only=True):
    """What `[channels.NAME]` holds beside the plugin's own settings.

    Attributes:
        plugin: Entry point that offers the alert channel.
        level: Least severity that it is told.
        stage: 1 is told at once; an alert that is escalated is told to the next stage as well.
    """

    plugin: PluginName
    level: Literal["info", "warning", "critical", "emergency"] = "warning"
    stage: Annotated[int, Meta(ge=1, le=9)] = 1


class StrategyTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[strategies.NAME]`.

    Attributes:
        plugin: Entry point that offers the strategy.
        instruments: Ids that it trades.
        broker: Section of the broker; empty means the only one.
        capital: What it may use, as `50000 USDT`; empty shares what the others leave.
        enabled: Whether it is loaded at all.
        on_fault: What happens to its open orders when it fails: cancel or keep.
        settings: The plugin's own.
    """

    plugin: PluginName
    instruments: Annotated[tuple[str, ...], Meta(min_length=1)]
    broker: str = ""
    capital: str = ""
    enabled: bool = True
    on_fault: Literal["cancel", "keep"] = "cancel"
    settings: dict[str, object] = msgspec.field(default_factory=dict[str, object])


class LoggingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[logging]`: what is logged, and where.

    Attributes:
        level: Least severity that is written.
        format: On stderr: `text` for people, `json` for machines, one object a line.
        folder: Where a desk that runs writes its log as JSON, a file a day, relative to its state;
            empty for nowhere.
        keep_days: So many days are kept, compressed; older ones are deleted.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"
    folder: str = "log"
    keep_days: Annotated[int, Meta(ge=1, le=3_650)] = 30


class AlertRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[alerts.rules.NAME]`: a condition on a metric.

    Attributes:
        metric: Name of the metric, as in the guide.
        above: Alarm while the value is above this.
        below: Alarm while the value is below this.
        for_s: Seconds that it must last before anybody is told.
        level: Severity.
        labels: Only readings with these labels, as `{ strategy = "mm-btc" }`.
        rate: Watch the growth per second of a counter instead of its value.
        text: What it means, in words.
        remedy: What to do about it.
    """

    metric: Annotated[str, Meta(min_length=1)]
    above: float | None = None
    below: float | None = None
    for_s: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 0.0
    level: Literal["info", "warning", "critical", "emergency"] = "warning"
    labels: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    rate: bool = False
    text: str = ""
    remedy: str = ""


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[alerts]`: when people are told.

    Attributes:
        dedupe_s: The same rule and scope within this time is one message, then a count.
        repeats: As many within `repeat_window_s` raise the level and take the next stage.
        repeat_window_s: See `repeats`.
        acknowledge_s: So long a critical alert waits for a person before it is escalated.
        built_in: Whether the rules that come with hexdesk are on.
        quiet_from: Begin of quiet hours in the desk's display zone, as `22:00`; empty for none.
        quiet_until: End of them; only emergencies are delivered in between.
        heartbeat_url: Called every `heartbeat_s`; who waits there alarms when the calls end.
        heartbeat_s: Seconds between two calls.
        rules: By name.
    """

    dedupe_s: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 300.0
    repeats: Annotated[int, Meta(ge=2, le=1_000)] = 3
    repeat_window_s: Annotated[float, Meta(ge=1.0, le=86_400.0)] = 900.0
    acknowledge_s: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 300.0
    built_in: bool = True
    quiet_from: Annotated[str, Meta(pattern=r"^([0-2][0-9]:[0-5][0-9])?$")] = ""
    quiet_until: Annotated[str, Meta(pattern=r"^([0-2][0-9]:[0-5][0-9])?$")] = ""
    heartbeat_url: Annotated[str, Meta(pattern=r"^(https?://.+)?$")] = ""
    heartbeat_s: Annotated[float, Meta(ge=1.0, le=3_600.0)] = 30.0
    rules: dict[str, AlertRule] = msgspec.field(default_factory=dict[str, AlertRule])


class PluginSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section that asks for a plugin, checked except for the plugin's own settings.

    Attributes:
        name: Of the section.
        path: TOML path of the section.
        plugin: Name asked for.
        settings: The plugin's own, still a table.
        settings_path: Where they stand.
    """

    name: str
    path: tuple[str, ...]
    plugin: str
    settings: Table
    settings_path: tuple[str, ...]


class BrokerSection(PluginSection, frozen=True, kw_only=True):
    """A broker; see `BrokerHead`."""

    account: str
    deposits: tuple[Money, ...]


class FeedSection(PluginSection, frozen=True, kw_only=True):
    """A feed; see `FeedHead`."""

    speed: float


class ChannelSection(PluginSection, frozen=True, kw_only=True):
    """An alert channel; see `ChannelHead`."""

    level: Literal["info", "warning", "critical", "emergency"]
    stage: int


class StrategySection(PluginSection, frozen=True, kw_only=True):
    """A strategy; see `StrategyTable`. `broker` names a section that exists."""

    broker: str
    instruments: tuple[str, ...]
    capital: Money | None
    enabled: bool
    on_fault: Literal["cancel", "keep"]


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A whole configuration, checked; settings of plugins are checked when these are loaded.

    Attributes:
        desk: `[desk]`.
        instruments: By id.
        brokers: By section name.
        feeds: By section name.
        journal: None without a `[journal]`.
        read_model: None without a `[read_model]`.
        telemetry: None without a `[telemetry]`.
        alerts: `[alerts]`.
        channels: By section name.
        servers: By section name.
        strategies: By section name; also those that are not enabled.
        risk: `[risk]`.
        reconciliation: `[reconciliation]`.
        logging: `[logging]`.
        base_path: Folder that relative paths start at.
        files: What was read, in order.
        tree: All values that were written, merged.
        origins: Where each came from.
        reread: Reads it again from the same sources; None for one that was made by hand.
    """

    desk: DeskSettings
    instruments: dict[str, Instrument]
    brokers: dict[str, BrokerSection]
    feeds: dict[str, FeedSection]
    journal: PluginSection | None
    read_model: PluginSection | None
    telemetry: PluginSection | None
    alerts: AlertSettings
    channels: dict[str, ChannelSection]
    servers: dict[str, PluginSection]
    strategies: dict[str, StrategySection]
    risk: RiskSection
    reconciliation: ReconciliationSettings
    logging: LoggingSettings
    base_path: Path
    files: tuple[str, ...]
    tree: Table
    origins: Origins
    reread: Callable[[], "Config"] | None = None

    @property
    def state_path(self) -> Path:
        """Return the folder of journal and state; a relative one starts at `base_path`."""
        return self.base_path / self.desk.state_path

    @property
    def log_folder(self) -> Path | None:
        """Return where a desk that runs writes its log; None for nowhere."""
        folder = self.logging.folder
        return self.state_path / folder if folder else None

    @property
    def enabled_strategies(self) -> dict[str, StrategySection]:
        """Return the strategies to load, by section name."""
        return {name: each for name, each in self.strategies.items() if each.enabled}

    @property
    def plugin_sections(self) -> list[PluginSection]:
        """Return every section whose plugin has to be loaded, in the order of starting."""
        alone = [each for each in (self.journal, self.read_model, self.telemetry) if each]
        return [
            *alone,
            *self.brokers.values(),
            *self.feeds.values(),
            *self.enabled_strategies.values(),
            *self.channels.values(),
            *self.servers.values(),
        ]
