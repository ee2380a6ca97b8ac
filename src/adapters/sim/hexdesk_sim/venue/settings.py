"""Settings of the venue's server, broker and feed.

Server, in the configuration of the venue's own process::

    [servers.venue]
    plugin = "sim_venue"
    listen = "127.0.0.1:8765"

Desk::

    [brokers.venue]
    plugin = "sim_venue"
    url = "http://127.0.0.1:8765"

    [feeds.venue]
    plugin = "sim_venue"
    url = "http://127.0.0.1:8765"
"""

from typing import Annotated, Literal

import msgspec

from hexdesk.connection import LinkLimits
from hexdesk.errors import ConfigError
from hexdesk.plugin import Secret
from hexdesk_sim.settings import Count, MatchSettings, NonNegative, Share

DEFAULT_LISTEN = "127.0.0.1:8765"
DEFAULT_URL = f"http://{DEFAULT_LISTEN}"

Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/?#@]+$")]
Milliseconds = Annotated[int, msgspec.Meta(ge=1, le=3_600_000)]
OrderRequestKind = Literal["any", "submit", "amend", "cancel"]


class WireFault(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action"
):
    """Something that goes wrong on the wire on purpose.

    Attributes:
        nth: Which request or message it strikes, counted from when the fault was set; 0 is each.
        rate: The share that it strikes by chance, from the venue's seed; above 0 in place of `nth`.
    """

    nth: Annotated[int, msgspec.Meta(ge=0)] = 1
    rate: Share = 0


class LoseOrder(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lose_request"
):
    """The connection breaks before the order request is executed."""

    request: OrderRequestKind = "any"


class DropAnswer(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="drop_answer"
):
    """The order request is executed, then the connection breaks without an answer."""

    request: OrderRequestKind = "any"


class DelayAnswer(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="delay_answer"
):
    """The order request is executed, and answered late."""

    delay_ms: Milliseconds
    request: OrderRequestKind = "any"


class CloseStream(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="close_stream"
):
    """A stream breaks in place of the n-th message to come."""


class HalfOpenStream(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="half_open_stream"
):
    """From the n-th message on a stream is silent, and answers no ping; its socket stays open."""


class DropReports(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="drop_reports"
):
    """A stream message with reports is not sent."""


class DuplicateReports(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="duplicate_reports"
):
    """It is sent twice."""


class ReorderReports(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="reorder_reports"
):
    """It is sent after the next one."""


class DelayReports(
    WireFault, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="delay_reports"
):
    """It is sent late, and what is behind it too."""

    delay_ms: Milliseconds


RequestFault = LoseOrder | DropAnswer | DelayAnswer
StreamFault = CloseStream | HalfOpenStream
ReportFault = DropReports | DuplicateReports | ReorderReports | DelayReports
AnyWireFault = (
    LoseOrder
    | DropAnswer
    | DelayAnswer
    | CloseStream
    | HalfOpenStream
    | DropReports
    | DuplicateReports
    | ReorderReports
    | DelayReports
)


class VenueServerSettings(MatchSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the venue matches, what moves its market, and who may connect.

    Attributes:
        listen: `host:port`; port 0 takes a free one.
        allow_remote: Whether it may listen beyond this machine; then it needs a token.
        token: What every client has to show; none lets everybody in.
        market: What moves the market: a seeded random walk, or events `pushed` to `/v1/market`.
        speed: Of the random walk: seconds played per second; 0 is as fast as possible.
        step_ms: Market time between two steps of the random walk.
        step_ticks: The random walk moves up to this many ticks a step.
        start_prices: Where the random walk begins, by instrument id.
        deposits: What each account starts with, as `100000 USDT`; empty means 10,000 of each
            currency that instruments are settled in.
        accounts_max: Accounts are opened by their first client, up to this many.
        connections_max: HTTP connections and streams together.
        message_bytes_max: Longest request body or stream message.
        reports_max: Latest reports kept per account, for clients that come back.
        backlog_max: Messages that a stream may be behind; a slower reader is disconnected.
        heartbeat_ms: Silence after which the venue says that it is alive.
        idle_ms: Silence after which a client is taken for dead.
        state: Folder in which the venue keeps its accounts, so that it can be killed and come back;
            empty keeps nothing.
        admin: Whether `/v1/admin/...` breaks things on purpose for clients of this machine.
        faults: What goes wrong on the wire on purpose.
    """

    listen: Annotated[str, msgspec.Meta(pattern=r"^(\[[^\]]+\]|[^:\s]+):\d{1,5}$")] = DEFAULT_LISTEN
    allow_remote: bool = False
    token: Secret | None = None
    market: Literal["walk", "pushed"] = "walk"
    speed: NonNegative = 1.0
    step_ms: Milliseconds = 100
    step_ticks: Count = 10
    start_prices: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    deposits: tuple[str, ...] = ()
    accounts_max: Count = 64
    connections_max: Count = 256
    message_bytes_max: Annotated[int, msgspec.Meta(ge=1_024, le=16_777_216)] = 1_048_576
    reports_max: Count = 100_000
    backlog_max: Count = 10_000
    heartbeat_ms: Milliseconds = 5_000
    idle_ms: Milliseconds = 20_000
    state: str = ""
    admin: bool = False
    faults: tuple[AnyWireFault, ...] = ()


class LinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a client reaches the venue.

    Attributes:
        url: Of the server, as `http://127.0.0.1:8765`.
        token: What the server asks for, if it does.
        connect_timeout_ms: For a connection, and for the greeting of a stream.
        heartbeat_ms: A ping leaves this often.
        heartbeat_timeout_ms: A stream that is silent for half of it is stale, for all of it lost.
        reconnect_first_ms: Longest first wait before a stream is opened again; doubled each time.
        reconnect_max_ms: Longest wait of all.
        reconnect_stable_ms: A stream that lived so long starts again with the first wait.
        alert_attempts: The alert comes with this reconnection in a row.
        alert_down_ms: It also comes when the stream is down for so long.
    """

    url: Url = DEFAULT_URL
    token: Secret | None = None
    connect_timeout_ms: Milliseconds = 5_000
    heartbeat_ms: Milliseconds = 5_000
    heartbeat_timeout_ms: Annotated[int, msgspec.Meta(ge=2, le=3_600_000)] = 30_000
    reconnect_first_ms: Milliseconds = 500
    reconnect_max_ms: Milliseconds = 60_000
    reconnect_stable_ms: Milliseconds = 60_000
    alert_attempts: Count = 5
    alert_down_ms: Milliseconds = 60_000

    def limits(self) -> LinkLimits:
        """Return the same as limits of a link.

        Raises:
            ConfigError: The first wait is longer than the longest.
        """
        if self.reconnect_first_ms > self.reconnect_max_ms:
            raise ConfigError(
                f"reconnect_first_ms={self.reconnect_first_ms}:"
                f" expected at most reconnect_max_ms={self.reconnect_max_ms}",
                code="CONFIG_VALUE",
                remedy="raise reconnect_max_ms, or lower reconnect_first_ms",
            )
        return LinkLimits(
            connect_ms=self.connect_timeout_ms,
            authenticate_ms=self.connect_timeout_ms,
            ping_ms=self.heartbeat_ms,
            stale_ms=self.heartbeat_timeout_ms // 2,
            heartbeat_ms=self.heartbeat_timeout_ms,
            backoff_first_ms=self.reconnect_first_ms,
            backoff_max_ms=self.reconnect_max_ms,
            stable_ms=self.reconnect_stable_ms,
            alert_attempts=self.alert_attempts,
            alert_down_ms=self.alert_down_ms,
        )


class VenueBrokerSettings(LinkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How orders reach the venue.

    Attributes:
        answer_timeout_ms: Without an answer for so long the outcome is unknown; the venue refuses
            to execute a request that is older.
        requests_max: Requests that wait to be sent; more are rejected (VENUE_RATE).
        connections: Requests under way at a time; those of one order go one after the other.
        close_timeout_ms: How long `close` waits for what is queued.
    """

    answer_timeout_ms: Milliseconds = 10_000
    requests_max: Count = 10_000
    connections: Annotated[int, msgspec.Meta(ge=1, le=64)] = 8
    close_timeout_ms: Milliseconds = 5_000


class VenueFeedSettings(LinkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How market data comes from the venue."""
