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

from hexdesk.plugin import Secret
from hexdesk_sim.settings import Count, MatchSettings, NonNegative

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
    """

    nth: Annotated[int, msgspec.Meta(ge=0)] = 1


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


AnyWireFault = LoseOrder | DropAnswer | DelayAnswer | CloseStream | HalfOpenStream


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
        admin: Whether `/v1/admin/faults` takes faults from clients.
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
    admin: bool = False
    faults: tuple[AnyWireFault, ...] = ()


class LinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a client reaches the venue.

    Attributes:
        url: Of the server, as `http://127.0.0.1:8765`.
        token: What the server asks for, if it does.
        connect_timeout_ms: For a connection, and for the greeting of a stream.
        heartbeat_ms: A ping leaves this often.
        heartbeat_timeout_ms: Without its pong for so long a stream is taken for dead.
        reconnect_first_ms: First wait before a stream is opened again; doubled each time.
        reconnect_max_ms: Longest wait.
        reconnect_stable_ms: A stream that lived so long starts again with the first wait.
    """

    url: Url = DEFAULT_URL
    token: Secret | None = None
    connect_timeout_ms: Milliseconds = 5_000
    heartbeat_ms: Milliseconds = 5_000
    heartbeat_timeout_ms: Milliseconds = 10_000
    reconnect_first_ms: Milliseconds = 500
    reconnect_max_ms: Milliseconds = 60_000
    reconnect_stable_ms: Milliseconds = 60_000


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
