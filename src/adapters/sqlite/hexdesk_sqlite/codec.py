"""Rows of the read model as tuples that SQLite takes, and back, exactly.

SQLite ends at 64 bits. Larger integers are kept as text, in columns without a declared type, which
leave them what they are. Enumerations are kept by name, for people who look in with SQL.
"""

from collections.abc import Callable, Sequence
from enum import Enum, StrEnum
from types import UnionType
from typing import Any, Generic, TypeVar, get_args

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
Value = int | float | str | None

INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**63 - 1

_decode_fees = msgspec.json.Decoder(dict[str, int]).decode


class Codec(Generic[S]):
    """One kind of row.

    Attributes:
        kind: The Struct.
        columns: Its fields, in order.
    """

    def __init__(self, kind: type[S]) -> None:
        fields = msgspec.structs.fields(kind)
        self.kind = kind
        self.columns = tuple(field.name for field in fields)
        plain = [_without_none(field.type) for field in fields]
        self.types = tuple(_sql_type(kind) for kind in plain)
        self._enums = [(index, _labels(kind)) for index, kind in enumerate(plain) if _is_enum(kind)]
        self._dicts = [index for index, kind in enumerate(plain) if kind == dict[str, int]]
        self._integers = [index for index, kind in enumerate(plain) if kind is int]
        self._decoders = [_decoder(kind) for kind in plain]

    def encode(self, row: S) -> list[Any]:
        """Return a row's values; a huge integer is left as it is, and SQLite will refuse it."""
        values = list(msgspec.structs.astuple(row))
        for index, labels in self._enums:
            values[index] = labels[values[index]]
        for index in self._dicts:
            values[index] = msgspec.json.encode(values[index]).decode()
        return values

    def encode_huge(self, row: S) -> list[Any]:
        """Return a row's values, huge integers as text."""
        values = self.encode(row)
        for index in self._integers:
            values[index] = encode_integer(values[index])
        return values

    def decode(self, values: Sequence[Value]) -> S:
        """Return the row of some values."""
        found = {
            name: None if value is None else decode(value)
            for name, decode, value in zip(self.columns, self._decoders, values, strict=True)
        }
        return self.kind(**found)


def encode_integer(number: int | None) -> int | str | None:
    """Return an integer as SQLite can hold it."""
    if number is None or INTEGER_MIN <= number <= INTEGER_MAX:
        return number
    return str(number)


def _without_none(kind: Any) -> Any:  # noqa: ANN401 - an annotation
    if isinstance(kind, UnionType):
        (kind,) = (each for each in get_args(kind) if each is not type(None))
    return kind


def _is_enum(kind: Any) -> bool:  # noqa: ANN401 - an annotation
    return isinstance(kind, type) and issubclass(kind, Enum)


def _labels(kind: type[Enum]) -> dict[object, str | None]:
    return {None: None, **{member: _label(member) for member in kind}}


def _label(member: Enum) -> str:
    return str(member.value) if isinstance(member, StrEnum) else member.name


def _sql_type(kind: Any) -> str:  # noqa: ANN401 - an annotation
    if kind is int:
        return ""
    if kind is bool:
        return "INTEGER"
    return "REAL" if kind is float else "TEXT"


def _decoder(kind: Any) -> Callable[[Any], object]:  # noqa: ANN401 - an annotation
    if _is_enum(kind):
        return {_label(member): member for member in kind}.__getitem__
    return _decode_fees if kind == dict[str, int] else kind
