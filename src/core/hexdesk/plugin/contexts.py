"""What plugins are given: ready objects in frozen values, never the container."""

import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.links import LinkObserver, unobserved
from hexdesk.domain.money import Money
from hexdesk.ports.broker import ReportSink
from hexdesk.ports.clock import Clock
from hexdesk.ports.control import Control
from hexdesk.ports.market_data import MarketTap
from hexdesk.ports.telemetry import UNTRACED, RequestTracer


class BrokerContext(msgspec.Struct, frozen=True, kw_only=True):
    """For broker factories.

    Attributes:
        name: The section's name, as `sim` in `[brokers.sim]`.
        account_id: Account that orders carry.
        clock: Time.
        reports: Takes venue reports.
        markets: The desk's market state; a simulated venue matches against it.
        instruments: All instruments known at start, by id.
        deposits: What a simulated account starts with.
        seed: For all randomness of the broker.
        logger: The adapter's own.
        on_link: Told every change of the connection; never for one in the desk's own process.
        tracer: Asked before each request to the venue, and told after it.
    """

    name: str
    account_id: str
    clock: Clock
    reports: ReportSink
    markets: MarketTap
    instruments: Mapping[str, Instrument]
    deposits: tuple[Money, ...]
    seed: int
    logger: logging.Logger
    on_link: LinkObserver = unobserved
    tracer: RequestTracer = UNTRACED


class FeedContext(msgspec.Struct, frozen=True, kw_only=True):
    """For live feed factories; `instruments` are those the configuration defines, by id.

    `on_link` is told every change of the connection.
    """

    name: str
    clock: Clock
    instruments: Mapping[str, Instrument]
    logger: logging.Logger
    on_link: LinkObserver = unobserved


class RecordingContext(msgspec.Struct, frozen=True, kw_only=True):
    """For recording factories.

    Relative paths in settings start at `base_path`, the folder of the configuration file.
    """

    name: str
    base_path: Path
    instruments: Mapping[str, Instrument]
    logger: logging.Logger


class JournalContext(msgspec.Struct, frozen=True, kw_only=True):
    """For journal factories; `state_path` is the desk's own folder, which may not exist yet."""

    name: str
    run_id: str
    state_path: Path
    logger: logging.Logger


class ReadModelContext(msgspec.Struct, frozen=True, kw_only=True):
    """For read model factories.

    Attributes:
        name: Of the section.
        state_path: The desk's own folder, which may not exist yet.
        is_read_only: Whether only questions will be asked, maybe beside a desk that writes; such a
            factory creates nothing and raises `DataError` where there is nothing.
        logger: The adapter's own.
    """

    name: str
    state_path: Path
    is_read_only: bool
    logger: logging.Logger


class TelemetryContext(msgspec.Struct, frozen=True, kw_only=True):
    """For telemetry factories.

    Attributes:
        desk: Name of the desk.
        mode: backtest, paper or live.
        run_id: Start of all its order ids; which instance this is.
        version: Of hexdesk.
        logger: The adapter's own; what it says must not be exported by itself.
    """

    desk: str
    mode: str
    run_id: str
    version: str
    logger: logging.Logger


class AlertChannelContext(msgspec.Struct, frozen=True, kw_only=True):
    """For alert channel factories; `name` is the section's, `clock` tells real time."""

    name: str
    clock: Clock
    logger: logging.Logger


class ServerContext(msgspec.Struct, frozen=True, kw_only=True):
    """For server factories.

    Attributes:
        name: The section's name.
        clock: Time.
        instruments: All instruments known at start, by id.
        seed: For all randomness of the server.
        logger: The server's own.
        control: The desk's control plane; None for a server that runs without a desk.
        base_path: Where relative paths in settings start: the folder of the configuration file.
        tracer: Told of each request that carried a sampled trace context and was answered.
    """

    name: str
    clock: Clock
    instruments: Mapping[str, Instrument]
    seed: int
    logger: logging.Logger
    control: Control | None = None
    base_path: Path = Path()
    tracer: RequestTracer = UNTRACED
