"""The vocabulary of the core: enumerations with FIX's names, and scaled integers.

Prices, quantities and money are plain `int` at a decimal scale (value = raw / 10**scale). The
aliases below say which scale is meant; they cost nothing at run time, where a wrapper class
would cost up to 160 ns an operation.

Members that the hot path compares are bound to module constants: comparing with a global costs
a third of an attribute look-up on the Enum class.
"""

from enum import IntEnum
from typing import TypeAlias

PriceRaw: TypeAlias = int
"""A price at its instrument's `price_scale`."""
QtyRaw: TypeAlias = int
"""A quantity at its instrument's `quantity_scale`."""
MoneyRaw: TypeAlias = int
"""An amount at its currency's scale (`hexdesk.domain.money`)."""
ValueRaw: TypeAlias = int
"""A product of price, quantity and multiplier at its instrument's `value_scale`."""
TimeNs: TypeAlias = int
"""Nanoseconds since 1970-01-01 UTC."""

NS_PER_MS = 1_000_000
NS_PER_SECOND = 1_000_000_000


class Side(IntEnum):
    """FIX 54."""

    BUY = 1
    SELL = -1


class OrderType(IntEnum):
    """FIX 40."""

    MARKET = 1
    LIMIT = 2
    STOP_MARKET = 3
    STOP_LIMIT = 4
    TRAILING_STOP = 5
    MARKET_TO_LIMIT = 6


class TimeInForce(IntEnum):
    """FIX 59."""

    GTC = 1
    IOC = 2
    FOK = 3
    GTD = 4
    DAY = 5


class PositionEffect(IntEnum):
    """FIX 77; the last two are ours, for exchanges that close by trading day."""

    AUTO = 0
    OPEN = 1
    CLOSE = 2
    CLOSE_TODAY = 3
    CLOSE_YESTERDAY = 4


class Liquidity(IntEnum):
    """FIX 851."""

    UNKNOWN = 0
    MAKER = 1
    TAKER = 2


class Contingency(IntEnum):
    """FIX 1385."""

    NONE = 0
    OCO = 1
    OTO = 2
    BRACKET = 3


class Aggressor(IntEnum):
    """Which side took liquidity in a public trade."""

    UNKNOWN = 0
    BUYER = 1
    SELLER = -1


class TradingStatus(IntEnum):
    """Whether an instrument can be traded."""

    TRADING = 1
    HALTED = 2
    CLOSED = 3
    CLOSE_ONLY = 4


class PositionMode(IntEnum):
    """How an account nets buys and sells of one instrument."""

    NETTING = 1
    HEDGING = 2


class Life(IntEnum):
    """Region 1 of an order: where it is between decision and end (FIX 39)."""

    INITIALIZED = 1
    HELD = 2
    SUBMITTED = 3
    ACCEPTED = 4
    TRIGGERED = 5
    PARTIALLY_FILLED = 6
    FILLED = 7
    CANCELED = 8
    EXPIRED = 9
    REJECTED = 10
    DENIED = 11


class ReportedStatus(IntEnum):
    """What a client is shown: one word out of the three regions, by FIX precedence."""

    INITIALIZED = 1
    HELD = 2
    SUBMITTED = 3
    ACCEPTED = 4
    TRIGGERED = 5
    PARTIALLY_FILLED = 6
    FILLED = 7
    CANCELED = 8
    EXPIRED = 9
    REJECTED = 10
    DENIED = 11
    PENDING_CANCEL = 12
    PENDING_REPLACE = 13
    IN_DOUBT = 14


class Operation(IntEnum):
    """A request whose outcome may be unknown."""

    SUBMIT = 1
    CANCEL = 2
    REPLACE = 3
    STATUS = 4


class Authority(IntEnum):
    """On whose word a request leaves, and so which rules it may skip (orders.md, "bypass").

    Nobody skips values, grid, session and the size of a close.
    """

    UNKNOWN = 0
    """Who asked was not written down."""
    STRATEGY = 1
    """A strategy's own decision: every rule holds."""
    PROTECTION = 2
    """An exit or close that the desk sends for a strategy, running or not: no limits, no rate."""
    OPERATOR = 3
    """A close that a person asked for: it also leaves while the desk is halted."""


BUY = Side.BUY
SELL = Side.SELL
MARKET = OrderType.MARKET
LIMIT = OrderType.LIMIT
STOP_MARKET = OrderType.STOP_MARKET
STOP_LIMIT = OrderType.STOP_LIMIT
TRAILING_STOP = OrderType.TRAILING_STOP
MARKET_TO_LIMIT = OrderType.MARKET_TO_LIMIT
GTC = TimeInForce.GTC
IOC = TimeInForce.IOC
FOK = TimeInForce.FOK
GTD = TimeInForce.GTD
DAY = TimeInForce.DAY
AUTO = PositionEffect.AUTO
OPEN = PositionEffect.OPEN
CLOSE = PositionEffect.CLOSE
CLOSE_TODAY = PositionEffect.CLOSE_TODAY
CLOSE_YESTERDAY = PositionEffect.CLOSE_YESTERDAY
MAKER = Liquidity.MAKER
TAKER = Liquidity.TAKER
NETTING = PositionMode.NETTING
HEDGING = PositionMode.HEDGING
INITIALIZED = Life.INITIALIZED
HELD = Life.HELD
SUBMITTED = Life.SUBMITTED
ACCEPTED = Life.ACCEPTED
TRIGGERED = Life.TRIGGERED
PARTIALLY_FILLED = Life.PARTIALLY_FILLED
FILLED = Life.FILLED
CANCELED = Life.CANCELED
EXPIRED = Life.EXPIRED
REJECTED = Life.REJECTED
DENIED = Life.DENIED

CLOSED_LIVES = frozenset({FILLED, CANCELED, EXPIRED, REJECTED, DENIED})
CONDITIONAL_TYPES = frozenset({STOP_MARKET, STOP_LIMIT, TRAILING_STOP})
PRICED_TYPES = frozenset({LIMIT, STOP_LIMIT})
CLOSING_EFFECTS = frozenset({CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY})
