"""Makes the objects of a desk out of loaded plugins: plain functions, every need a parameter.

`hexdesk_app.containers` says which result goes where; nothing here names a plugin.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import chain

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.durability.handover import hand_over
from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.application.durability.recovery import Past, read_past
from hexdesk.application.durability.replay import Replay
from hexdesk.application.inbox import Inbox
from hexdesk.application.orders.resends import Resends
from hexdesk.application.risk.office import RiskOffice
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import Money, currency_scale, pow10
from hexdesk.domain.values import TimeNs
from hexdesk.errors import ConfigError
from hexdesk.plugin.contexts import (
    BrokerContext,
    FeedContext,
    JournalContext,
    RecordingContext,
    ServerContext,
)
from hexdesk.plugin.registrations import FeedRegistration, RecordingRegistration
from hexdesk.plugin.server import Server
from hexdesk.ports.broker import Broker, ForgetfulBroker, ReportSink
from hexdesk.ports.clock import Clock
from hexdesk.ports.control import Control
from hexdesk.ports.journal import Journal
from hexdesk.ports.market_data import MarketData, Recording
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk.ports.telemetry import RequestTracer
from hexdesk_app.config import Config
from hexdesk_app.config.convert import Place
from hexdesk_app.config.schema import Mode, StrategySection
from hexdesk_app.control.plane import Process, make_control
from hexdesk_app.plugins import make
from hexdesk_app.resolve import Parts
from hexdesk_app.risk import attach_risk
from hexdesk_app.running.links import LinkKind, Links
from hexdesk_app.running.live_clock import wall_time_ns
from hexdesk_app.running.plans import carry_out, overlay_plans

DEFAULT_DEPOSIT = 10_000
"""Of each settlement currency, where the configuration names no deposit."""
RUN_ID_BYTES = 5
CLOSED_ORDERS_MAX = 20_000
"""Closed orders that a desk without end keeps at hand; the journal has them all."""
NS_PER_MS = 1_000_000


class Assembly(msgspec.Struct, frozen=True):
    """A desk with what it is attached to; `deposits` and same-id retries by broker name."""

    desk: Desk
    brokers: dict[str, Broker]
    inbox: Inbox
    deposits: dict[str, tuple[Money, ...]]
    risk: RiskOffice
    resends: dict[str, Resends] = {}


class Lookback(msgspec.Struct, frozen=True):
    """What was found of the runs before; an object also where it is nothing, so that it is kept."""

    past: Past | None


def derive_run_id(config: Config, *, is_virtual: bool, wall_ns: TimeNs) -> str:
    """Return the configured run id, or one of the configuration, or one of the start.

    A run that leaves nothing behind takes its id from its configuration, so that equal runs are
    equal; one that is live, or written to a journal, must never use an order id twice.
    """
    if config.desk.run_id:
        return config.desk.run_id
    if is_virtual and config.journal is None:
        text = json.dumps(config.tree, sort_keys=True, default=str)
        return blake2b(text.encode(), digest_size=RUN_ID_BYTES).hexdigest()
    name = "".join(letter for letter in config.desk.name if letter.isalnum())
    return f"{name[:8]}{wall_ns // NS_PER_MS:x}"


def make_recordings(config: Config, parts: Parts) -> dict[str, Recording]:
    """Make the readers of all recorded feeds, by section name."""
    made: dict[str, Recording] = {}
    for name, part in parts.feeds.items():
        registration = part.registration
        if isinstance(registration, RecordingRegistration):
            context = RecordingContext(
                name=name,
                base_path=config.base_path,
                instruments=config.instruments,
                logger=logging.getLogger(f"hexdesk.feed.{name}"),
            )
            made[name] = make(registration.factory, context, part.settings, part.plugin, part.place)
    return made


def make_feeds(config: Config, parts: Parts, clock: Clock, links: Links) -> dict[str, MarketData]:
    """Make all live feeds, by section name."""
    made: dict[str, MarketData] = {}
    for name, part in parts.feeds.items():
        registration = part.registration
        if isinstance(registration, FeedRegistration):
            context = FeedContext(
                name=name,
                clock=clock,
                instruments=config.instruments,
                logger=logging.getLogger(f"hexdesk.feed.{name}"),
                on_link=links.observer(LinkKind.FEED),
            )
            made[name] = make(registration.factory, context, part.settings, part.plugin, part.place)
    return made


def gather_instruments(
    config: Config,
    recordings: Mapping[str, Recording],
    discovered: Mapping[str, Instrument],
    lookback: Lookback,
) -> dict[str, Instrument]:
    """Return all instruments; the configuration wins over feeds and files, those over the past."""
    past = lookback.past
    recorded = chain.from_iterable(each.instruments for each in recordings.values())
    return {
        **{instrument.id: instrument for instrument in (past.state.instruments if past else ())},
        **discovered,
        **{instrument.id: instrument for instrument in recorded},
        **config.instruments,
    }


def make_journal(config: Config, parts: Parts, run_id: str) -> Journal:
    """Make the configured journal, else one in memory."""
    part = parts.journal
    if part is None:
        return MemoryJournal()
    context = JournalContext(
        name="journal",
        run_id=run_id,
        state_path=config.state_path,
        logger=logging.getLogger("hexdesk.journal"),
    )
    return make(part.registration.factory, context, part.settings, part.plugin, part.place)


def look_back(config: Config, journal: Journal, *, is_virtual: bool) -> Lookback:
    """Return what the journal says of the runs before; a run in virtual time has no past.

    Raises:
        ConfigError: They were of another mode.
        DataError: The journal is damaged.
    """
    if is_virtual:
        return Lookback(None)
    past = read_past(journal)
    mode = config.desk.mode.value
    if past is not None and past.state.mode != mode:
        raise ConfigError(
            f"is {mode!r}, but the journal in {config.state_path} is that of a"
            f" {past.state.mode} desk",
            code="CONFIG_CONFLICT",
            path="desk.mode",
            origin=config.origins.of(("desk", "mode")),
            remedy="give each mode a state_path of its own",
        )
    return Lookback(past)


def make_process(config: Config, parts: Parts, assembly: Assembly, *, is_virtual: bool) -> Process:
    """Make what the control plane sees of the process."""
    return Process(config, parts, assembly.inbox, is_virtual=is_virtual)


def make_plane(config: Config, assembly: Assembly, clock: Clock, process: Process) -> Control:
    """Make the desk's control plane."""
    return make_control(
        assembly.desk, assembly.risk, clock, process, config.state_path, wall_time_ns
    )


def make_servers(
    config: Config,
    parts: Parts,
    clock: Clock,
    instruments: Mapping[str, Instrument],
    control: Callable[[], Control],
) -> dict[str, Server]:
    """Make all servers, by section name; none listens yet.

    A desk that none of them controls has no control plane, and nothing follows its journal.
    """
    made: dict[str, Server] = {}
    for name, part in parts.servers.items():
        context = ServerContext(
            name=name,
            clock=clock,
            instruments=instruments,
            seed=config.desk.seed,
            logger=logging.getLogger(f"hexdesk.server.{name}"),
            control=control() if part.registration.controls else None,
            base_path=config.base_path,
        )
        made[name] = make(
            part.registration.factory, context, part.settings, part.plugin, part.place
        )
    return made


def assemble(
    config: Config,
    parts: Parts,
    *,
    run_id: str,
    instruments: Mapping[str, Instrument],
    journal: Journal,
    clock: Clock,
    wake: Callable[[], None] | None,
    stopwatch: Callable[[], int] | None,
    lookback: Lookback,
    is_virtual: bool,
    links: Links,
    requests: RequestTracer,
) -> Assembly:
    """Make a desk with its brokers, the books of the past, and its strategies.

    With `wake` the desk is live: reports go through the inbox, and `wake` asks for a drain.

    Raises:
        ConfigError: A strategy names an instrument that nothing defines, or changed its broker.
        DataError: The past does not fit what is configured.
        PluginError: A factory failed.
    """
    past = lookback.past
    _check_instruments(config, instruments)
    desk = Desk(
        run_id=run_id,
        instruments=instruments.values(),
        journal=journal,
        clock=clock,
        limits=config.risk.of(""),
        instrument_limits={each: config.risk.of(each) for each in instruments},
        stopwatch=stopwatch,
        strategy_budget_ns=int(config.desk.strategy_budget_ms * NS_PER_MS),
    )
    inbox = Inbox(desk, wake or _nothing, capacity=config.desk.inbox_max)
    resends = {name: Resends(desk, name, config.reconciliation) for name in parts.brokers if wake}

    def sink(name: str) -> ReportSink:
        if not wake:
            return desk.on_report
        filtered, put = resends[name].filtered, inbox.put_report
        return lambda report: put(filtered(report))

    deposits = {
        name: part.section.deposits or _default_deposits(config, name, instruments)
        for name, part in parts.brokers.items()
    }
    brokers = {
        name: _add_broker(
            config,
            parts,
            name,
            desk,
            sink(name),
            clock,
            instruments,
            deposits[name],
            links,
            requests,
        )
        for name in parts.brokers
    }
    if past is not None:
        _restore(desk, past, brokers)
    overlay = overlay_plans(config, parts, desk)
    _open_books(parts, desk)
    now_ns = max(clock.now_ns(), desk.pulse.now_ns)
    _begin_run(config, desk, past, deposits, now_ns, is_virtual=is_virtual)
    for name in parts.strategies:
        if name not in overlay.planned:
            _add_strategy(parts, name, desk)
    carry_out(overlay, parts, desk, now_ns)
    return Assembly(desk, brokers, inbox, deposits, attach_risk(config, desk), resends)


def _restore(desk: Desk, past: Past, brokers: Mapping[str, Broker]) -> None:
    """Give a desk the books of the past, and its orders to brokers that remember none."""
    Replay(desk).restore(past.state)
    for name, broker in brokers.items():
        if isinstance(broker, ForgetfulBroker):
            hand_over(desk, name, broker)


def _begin_run(
    config: Config,
    desk: Desk,
    past: Past | None,
    deposits: Mapping[str, tuple[Money, ...]],
    now_ns: TimeNs,
    *,
    is_virtual: bool,
) -> None:
    """Write down that a run begins, and what simulated accounts begin with."""
    desk.begin_run(
        config.desk.name,
        config.desk.mode.value,
        now_ns,
        continues=past is not None,
        is_virtual=is_virtual,
        closed_orders_max=0 if is_virtual else CLOSED_ORDERS_MAX,
    )
    if config.desk.mode is not Mode.LIVE:
        for name, money in _missing_deposits(deposits, past):
            desk.deposit(name, money, "start", now_ns)
    desk.saves.is_on = config.journal is not None and not is_virtual


def _missing_deposits(
    deposits: Mapping[str, tuple[Money, ...]], past: Past | None
) -> Iterator[tuple[str, Money]]:
    """Yield what accounts begin with and do not have: the first run may have died before it."""
    accounts = past.state.accounts if past is not None else ()
    orders = (*past.state.open, *past.state.closed) if past is not None else ()
    traded = {order.intent.account_id for order in orders}
    begun = {each.book.broker for each in accounts if each.book.account_id in traded}
    funded = {(each.book.broker, cash.currency) for each in accounts for cash in each.balances}
    for name, amounts in deposits.items():
        for money in amounts if name not in begun else ():
            if (name, money.currency) not in funded:
                yield name, money


def _open_books(parts: Parts, desk: Desk) -> None:
    """Have books for every strategy, before any of them is made."""
    for name, part in parts.strategies.items():
        section = part.section
        host = desk.hosts.get(name)
        where = desk.owners.broker_name(host) if host is not None else section.broker
        if where != section.broker:
            text = f"is {section.broker!r}, but in the journal {name!r} has its books at {where!r}"
            remedy = "give the strategy another name, or another state_path to begin anew"
            raise part.place.error("CONFIG_CONFLICT", text, "broker", remedy)
        desk.owners.open(name, section.broker, section.instruments)


def _add_broker(  # noqa: PLR0917 - one line of a composition
    config: Config,
    parts: Parts,
    name: str,
    desk: Desk,
    reports: ReportSink,
    clock: Clock,
    instruments: Mapping[str, Instrument],
    deposits: tuple[Money, ...],
    links: Links,
    requests: RequestTracer,
) -> Broker:
    part = parts.brokers[name]
    account_id = part.section.account or name
    context = BrokerContext(
        name=name,
        account_id=account_id,
        clock=clock,
        reports=reports,
        markets=desk.markets,
        instruments=instruments,
        deposits=deposits,
        seed=config.desk.seed,
        logger=logging.getLogger(f"hexdesk.broker.{name}"),
        on_link=links.observer(LinkKind.BROKER),
        tracer=requests,
    )
    broker = make(part.registration.factory, context, part.settings, part.plugin, part.place)
    account = Account(
        account_id, instruments.values(), position_mode=broker.capabilities.position_mode
    )
    desk.add_broker(name, broker, account)
    return broker


def _add_strategy(parts: Parts, name: str, desk: Desk) -> None:
    part = parts.strategies[name]

    def factory(context: StrategyContext) -> Strategy:
        return make(part.registration.factory, context, part.settings, part.plugin, part.place)

    desk.add_strategy(
        name,
        factory,
        broker=part.section.broker,
        instrument_ids=part.section.instruments,
        cancel_on_fault=part.section.on_fault == "cancel",
    )


def _default_deposits(
    config: Config, broker: str, instruments: Mapping[str, Instrument]
) -> tuple[Money, ...]:
    users = [each for each in config.enabled_strategies.values() if each.broker == broker]
    currencies = {instruments[each].settle for user in users for each in user.instruments}
    return tuple(_default_deposit(users, currency) for currency in sorted(currencies))


def _default_deposit(users: Iterable[StrategySection], currency: str) -> Money:
    """Return the usual amount, or the capital that strategies have, and as much for the others."""
    usual = DEFAULT_DEPOSIT * pow10(currency_scale(currency))
    given = [user.capital for user in users]
    own = sum(each.amount for each in given if each is not None and each.currency == currency)
    return Money(max(own + usual if None in given else own, usual), currency)


def _check_instruments(config: Config, instruments: Mapping[str, Instrument]) -> None:
    for strategy in config.enabled_strategies.values():
        for instrument_id in strategy.instruments:
            if instrument_id not in instruments:
                text = (
                    f"names {instrument_id!r}, which nothing defines;"
                    f" known: {', '.join(sorted(instruments)) or 'none'}"
                )
                remedy = f'define it under [instruments."{instrument_id}"], or name a known one'
                place = Place(path=strategy.path, origins=config.origins)
                raise place.error("CONFIG_VALUE", text, "instruments", remedy)


def _nothing() -> None:
    """Ask for no drain: a virtual desk handles its inputs itself."""
