"""The desk's history: its read model, what feeds it, and samples of equity on the way."""

import logging
import os
from pathlib import Path

from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.domain.accounts import Account
from hexdesk.domain.history import EquityRow
from hexdesk.domain.money import pow10
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import ConfigError, PluginError
from hexdesk.plugin.contexts import ReadModelContext
from hexdesk.ports.journal import Journal
from hexdesk.ports.read_model import ReadModel
from hexdesk_app.config import Config, PluginSection, Sources, format_path, load_config
from hexdesk_app.config.convert import Place
from hexdesk_app.config.paths import Origins
from hexdesk_app.plugins import convert_settings, load, load_into, make
from hexdesk_app.reading.place import desk_place
from hexdesk_app.resolve import Parts
from hexdesk_app.running.history_feed import FeedStats, HistoryFeed

SECTION = "read_model"
PLUGIN = "sqlite"
"""What reads a folder that no configuration tells of."""
DEFAULT_SECTION = PluginSection(
    name=SECTION, path=(SECTION,), plugin=PLUGIN, settings={}, settings_path=(SECTION,)
)
SAMPLE_STEP_NS = NS_PER_SECOND
"""Shortest time between two samples of equity."""


def make_read_model(config: Config, parts: Parts) -> ReadModel | None:
    """Make the configured read model for writing; None where there is no `[read_model]`.

    Raises:
        ConfigError: Another process writes it.
        DataError: It was written by a newer version.
    """
    part = parts.read_model
    if part is None:
        return None
    context = _context(config.base_path / config.desk.state_path, is_read_only=False)
    return make(part.registration.factory, context, part.settings, part.plugin, part.place)


def open_read_model(path: Path | None = None, *, is_read_only: bool = True) -> ReadModel:
    """Make the read model of a desk that may be running elsewhere.

    Args:
        path: The desk's state folder, its configuration or that one's folder; None for
            `plugins.toml` here.
        is_read_only: Whether only questions will be asked.

    Raises:
        NotFoundError: There is no such file or folder.
        ConfigError: The configuration is wrong or has no `[read_model]`; or as `make_read_model`.
        PluginError: The plugin cannot be loaded.
        DataError: As `make_read_model`.
    """
    path = desk_place(path)
    if path.is_dir():
        section, origins, state_path = DEFAULT_SECTION, Origins(), path
    else:
        config = load_config(Sources(files=(path,), environ=dict(os.environ)))
        if config.read_model is None:
            raise ConfigError(
                "is missing: without it this desk keeps no history",
                code="CONFIG_MISSING",
                path="read_model",
                remedy='add [read_model] with plugin = "sqlite", then hexdesk history rebuild',
            )
        section, origins = config.read_model, config.origins
        state_path = config.base_path / config.desk.state_path
    registry = load([])
    plugin = load_into(registry, section.plugin, format_path(section.path))
    registration = registry.read_models().get(section.plugin)
    if registration is None:
        raise PluginError(
            f"{section.plugin!r} is no read model",
            code="PLUGIN_KIND",
            plugin=section.plugin,
            distribution=plugin.distribution,
            path=format_path(section.path),
            remedy="hexdesk plugin list shows every read model",
        )
    settings = convert_settings(registration, section.settings, section.settings_path, origins)
    context = _context(state_path, is_read_only=is_read_only)
    place = Place(path=section.path, origins=origins)
    return make(registration.factory, context, settings, plugin, place)


def _context(state_path: Path, *, is_read_only: bool) -> ReadModelContext:
    return ReadModelContext(
        name=SECTION,
        state_path=state_path,
        is_read_only=is_read_only,
        logger=logging.getLogger("hexdesk.history"),
    )


class History:
    """Keeps a running desk's history.

    Attributes:
        read_model: What answers questions; from any thread.
    """

    def __init__(self, desk: Desk, journal: Journal, read_model: ReadModel) -> None:
        self.read_model = read_model
        self._desk = desk
        self._feed = HistoryFeed(read_model, journal, logging.getLogger("hexdesk.history"))
        self._next_ns: TimeNs = 0

    @property
    def stats(self) -> FeedStats:
        """How the feed is doing."""
        return self._feed.stats

    def start(self) -> None:
        """Begin to follow the journal."""
        self._feed.start()

    def sample(self, now_ns: TimeNs) -> None:
        """Take a sample of equity if the last one is old enough; in the desk's own thread."""
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + SAMPLE_STEP_NS
            self._feed.add_equity(equity_rows(self._desk, now_ns))

    def close(self) -> None:
        """Write what waits, within a time limit; call it after the journal's last commit."""
        self._feed.close()
        self.read_model.close()


def equity_rows(desk: Desk, now_ns: TimeNs) -> list[EquityRow]:
    """Return what each account is worth, by currency, and all of them together (account `""`)."""
    accounts = {account.id: account for account in desk.accounts.values()}
    ledgers: dict[str, list[Ledger]] = {account_id: [] for account_id in accounts}
    for host in desk.hosts.values():
        ledgers[host.account.id] += host.ledgers.values()
    rows = [
        _equity_row(account, currency, ledgers[account_id], now_ns)
        for account_id, account in accounts.items()
        for currency in account.balances
    ]
    return [*rows, *(_sum(rows, currency) for currency in sorted({row.currency for row in rows}))]


def _equity_row(
    account: Account, currency: str, ledgers: list[Ledger], now_ns: TimeNs
) -> EquityRow:
    balance = account.balance(currency)
    scale = balance.scale
    equity = balance.total
    for ledger in ledgers:
        instrument = ledger.instrument
        if instrument.settle == currency:
            worth = (
                ledger.unrealised()
                if instrument.is_margined
                else ledger.position.held_value(ledger.market.mark)
            )
            equity += worth * pow10(scale - instrument.value_scale)
    return EquityRow(
        ts_ns=now_ns,
        account_id=account.id,
        currency=currency,
        scale=scale,
        equity=equity,
        cash=balance.total,
    )


def _sum(rows: list[EquityRow], currency: str) -> EquityRow:
    mine = [row for row in rows if row.currency == currency]
    scale = max(row.scale for row in mine)
    return EquityRow(
        ts_ns=mine[0].ts_ns,
        account_id="",
        currency=currency,
        scale=scale,
        equity=sum(row.equity * pow10(scale - row.scale) for row in mine),
        cash=sum(row.cash * pow10(scale - row.scale) for row in mine),
    )
