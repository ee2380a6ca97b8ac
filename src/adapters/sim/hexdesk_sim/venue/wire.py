"""The venue's protocol: JSON over HTTP, and a websocket.

Orders, reports and market events are the core's own types in their array form, prices and
quantities as integers at the scales of `/v1/instruments`.

Every order request is answered with an `Answer`: an acknowledgement, never a fill. Each account's
reports are numbered from 1 within an `epoch` (one life of the venue); the stream `/v1/stream`
carries all of them in order, the answer only the one that answers it, under the same number.

A client of the stream says `Hello` first, with the number of the last report it has; the venue
says `Welcome`, then sends what the client missed and what comes. Where the venue cannot know what
was missed (`is_complete` false) the client asks over HTTP. A client that finds a gap says `Resume`
on the same stream, and is welcomed anew.
"""

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import MarketEvent
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import VenueReport
from hexdesk.domain.values import TimeNs
from hexdesk.ports.broker import VenueOrder

T = TypeVar("T")

ACCOUNT_HEADER = "X-Account"
EXPIRES_HEADER = "X-Expires-Ns"
"""Until when (UTC ns) a venue may execute the request."""
PREFIX = "/v1"
STREAM_PATH = f"{PREFIX}/stream"

CLOSE_GOING_AWAY = 1001
CLOSE_BAD_MESSAGE = 4000
CLOSE_UNAUTHORIZED = 4001
CLOSE_IDLE = 4002
CLOSE_SLOW_READER = 4008

FROM_NOW = -1
"""In `Hello.after`: nothing was seen, and nothing of the past is wanted."""
TEXT_LENGTH_MAX = 200
NUMBER_MAX = 10**36
"""No price, quantity or time on the wire is longer: a bound for arithmetic, beyond any market."""

OrderRequest: TypeAlias = NewOrder | AmendOrder | CancelOrder


class WireError(ValueError):
    """A message cannot be read."""


class Problem(msgspec.Struct, frozen=True, tag="problem", tag_field="type"):
    """Why a request was not executed; also sent before a stream is closed."""

    code: str
    text: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an order request came to.

    Attributes:
        epoch: That `sequence` belongs to.
        sequence: Number of the report among those of the account; 0 without one.
        report: The report that answers the request.
        order: The order that has the client order id already, in place of a report.
    """

    epoch: str = ""
    sequence: int = 0
    report: VenueReport | None = None
    order: VenueOrder | None = None


class VenueTime(msgspec.Struct, frozen=True, kw_only=True):
    """`/v1/time`."""

    time_ns: TimeNs
    epoch: str
    position_mode: str


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello", tag_field="type"):
    """First message of a client.

    Attributes:
        account: Whose reports are wanted; empty for market data alone.
        token: As the server's settings ask.
        epoch: That `after` belongs to.
        after: Number of the last report seen, or `FROM_NOW`.
    """

    account: str = ""
    token: str = ""
    epoch: str = ""
    after: int = FROM_NOW


class Resume(msgspec.Struct, frozen=True, kw_only=True, tag="resume", tag_field="type"):
    """Ask for the reports after one again; answered by `Welcome`, as `Hello` is."""

    epoch: str
    after: int


class Subscribe(msgspec.Struct, frozen=True, kw_only=True, tag="subscribe", tag_field="type"):
    """Ask for the events of instruments; with `latest`, as after a loss, also for the last ones."""

    request_id: int
    instrument_ids: Sequence[str]
    latest: bool = False


class Unsubscribe(msgspec.Struct, frozen=True, kw_only=True, tag="unsubscribe", tag_field="type"):
    """Ask for no more of them."""

    request_id: int
    instrument_ids: Sequence[str]


ClientMessage: TypeAlias = Hello | Resume | Subscribe | Unsubscribe


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag="welcome", tag_field="type"):
    """First message of the venue.

    Attributes:
        epoch: Of its report numbers.
        sequence: The first report to come has the next number.
        is_complete: Whether nothing was missed since `Hello.after`.
        instruments: All that the venue lists.
    """

    epoch: str
    sequence: int
    is_complete: bool
    instruments: list[Instrument]


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, tag="subscribed", tag_field="type"):
    """Answers `Subscribe` and `Unsubscribe`; `unknown` are ids that the venue does not list."""

    request_id: int
    unknown: list[str]


class Reports(msgspec.Struct, frozen=True, kw_only=True, tag="reports", tag_field="type"):
    """Reports of the account; `sequence` is the first one's."""

    sequence: int
    reports: list[VenueReport]


class Market(msgspec.Struct, frozen=True, kw_only=True, tag="market", tag_field="type"):
    """Market events; `sequence` counts such messages of one stream from 1."""

    sequence: int
    events: list[MarketEvent]


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, tag="heartbeat", tag_field="type"):
    """The venue is alive; `sequence` is the number of the last report sent."""

    sequence: int
    time_ns: TimeNs


ServerMessage: TypeAlias = Welcome | Subscribed | Reports | Market | Heartbeat | Problem

encode = msgspec.json.encode
CLIENT_MESSAGES: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
SERVER_MESSAGES: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
NEW_ORDER = msgspec.json.Decoder(NewOrder)
AMEND_ORDER = msgspec.json.Decoder(AmendOrder)
MARKET_EVENTS: msgspec.json.Decoder[list[MarketEvent]] = msgspec.json.Decoder(list[MarketEvent])
ANSWER = msgspec.json.Decoder(Answer)
PROBLEM = msgspec.json.Decoder(Problem)


def read(decoder: msgspec.json.Decoder[T], data: bytes | str) -> T:
    """Return the message that some bytes are.

    Raises:
        WireError: They are none; says where.
    """
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise WireError(str(error)[:TEXT_LENGTH_MAX]) from error


def number_problem(message: msgspec.Struct) -> str:
    """Return which number of a message is beyond any market, or an empty string."""
    for name in message.__struct_fields__:
        value: object = getattr(message, name)
        if isinstance(value, int) and abs(value) > NUMBER_MAX:
            return f"{name}: expected a number of at most {len(str(NUMBER_MAX)) - 1} digits"
    return ""
