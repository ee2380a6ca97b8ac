"""Parts of messages as bytes, as protobuf writes them, for what comes again in event after event.

Protobuf merges the parts of a message that follow each other, so a message may be filled with what
is new and joined with parts that are remembered. Fields' numbers come from the contract.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from google.protobuf.message import Message

from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.control_views import Amount
from hexdesk_api.v1 import common_pb2
from hexdesk_grpc.names import ACCOUNTS, INSTRUMENTS, STRATEGIES, name_of

Owner: TypeAlias = Callable[[str, str, str], bytes]
Numbers: TypeAlias = Callable[..., bytes]
VARINT, LENGTH = 0, 2
"""Kinds of fields: after the tag comes a number, or a length and that many bytes."""
REMEMBERED_MAX = 1_024
"""Values that a writer remembers, 0.2 MB or so."""
_BITS = 14
_LOW = (1 << _BITS) - 1
_INT64 = (1 << 64) - 1


def _pair(number: int) -> bytes:
    return bytes((number & 0x7F | 0x80, number >> 7))


_LAST = [bytes((each,)) if each < 0x80 else _pair(each) for each in range(_LOW + 1)]  # noqa: PLR2004 - 7 bits
_MORE = [_pair(each | 0x80 << 7) for each in range(_LOW + 1)]


def varint(number: int) -> bytes:
    """Return a number as protobuf writes integers: seven bits a byte; an int64 if negative."""
    if 0 <= number <= _LOW:
        return _LAST[number]
    number &= _INT64
    head = b""
    while number > _LOW:
        head += _MORE[number & _LOW]
        number >>= _BITS
    return head + _LAST[number]


def delimited(body: bytes) -> bytes:
    """Return bytes with their length before them."""
    return varint(len(body)) + body


class Fields:
    """Makes writers of one kind of message; what is empty gives no bytes, as in protobuf."""

    def __init__(self, kind: type[Message]) -> None:
        self._kind = kind
        self._numbers = {each.name: each.number for each in kind.DESCRIPTOR.fields}

    def tag(self, name: str, kind: int = LENGTH) -> bytes:
        """Return what stands before a field's value."""
        return varint(self._numbers[name] << 3 | kind)

    def owner(self) -> Owner:
        """Return what writes the names of strategy, account and instrument of these ids."""

        @lru_cache(maxsize=REMEMBERED_MAX)
        def write(strategy_id: str, account: str, instrument_id: str) -> bytes:
            message = self._kind(
                strategy=name_of(STRATEGIES, strategy_id),
                account=name_of(ACCOUNTS, account),
                instrument=name_of(INSTRUMENTS, instrument_id),
            )
            return message.SerializeToString()

        return write

    def numbers(self, *names: str) -> Numbers:
        """Return what writes numbers, truths and enumerations that come together again."""
        tags = [self.tag(name, VARINT) for name in names]

        @lru_cache(maxsize=REMEMBERED_MAX)
        def write(*numbers: int) -> bytes:
            fields = zip(tags, numbers, strict=True)
            return b"".join(tag + varint(number) for tag, number in fields if number)

        return write

    def time(self, name: str) -> Callable[[TimeNs], bytes]:
        """Return what writes a time; 0 is none."""
        tag = self.tag(name)

        @lru_cache(maxsize=REMEMBERED_MAX)
        def write(ns: TimeNs) -> bytes:
            return tag + _timestamp(ns) if ns else b""

        return write

    def money(self, name: str) -> Callable[[Amount], bytes]:
        """Return what writes an amount."""
        tag = self.tag(name)

        @lru_cache(maxsize=REMEMBERED_MAX)
        def write(amount: Amount) -> bytes:
            return tag + _money(amount)

        return write


@lru_cache(maxsize=REMEMBERED_MAX)
def _timestamp(ns: TimeNs) -> bytes:
    seconds, nanos = divmod(ns, NS_PER_SECOND)
    body = _seconds(seconds)
    if nanos:
        body += b"\x10" + varint(nanos)
    return delimited(body)


@lru_cache(maxsize=REMEMBERED_MAX)
def _seconds(seconds: int) -> bytes:
    return b"\x08" + varint(seconds) if seconds else b""


def _money(amount: Amount) -> bytes:
    message = common_pb2.Money(amount=amount.amount, currency=amount.currency)
    return delimited(message.SerializeToString())
