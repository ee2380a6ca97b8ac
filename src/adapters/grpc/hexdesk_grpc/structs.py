"""Tables of plain values on the wire: `google.protobuf.Struct`, both ways; pure.

A number on the wire is a double: whole ones are read as integers, as TOML would have them.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from hexdesk_grpc.from_wire import invalid

DEPTH_MAX = 20
_WHOLE_MAX = 2**53


def table_of(struct: Struct, field: str) -> dict[str, object]:
    """Return a struct's values, or refuse what is no plain value.

    Raises:
        ControlError: It is nested too deeply, or holds a number that is none.
    """
    return _table(struct, field, 1)


def struct_of(values: Mapping[str, object]) -> Struct:
    """Return values as a struct; what is no plain value is written as text."""
    return Struct(fields={str(key): _to_value(value) for key, value in values.items()})


def _table(struct: Struct, field: str, depth: int) -> dict[str, object]:
    """Return values in the order of their keys: on the wire they come in any."""
    return {
        key: _value_of(value, f"{field}.{key}", depth)
        for key, value in sorted(struct.fields.items())
    }


def _value_of(value: Value, field: str, depth: int) -> object:
    if depth > DEPTH_MAX:
        raise invalid(field, f"expected at most {DEPTH_MAX} levels")
    match value.WhichOneof("kind"):
        case "struct_value":
            return _table(value.struct_value, field, depth + 1)
        case "list_value":
            return [_value_of(each, field, depth + 1) for each in value.list_value.values]
        case "number_value":
            return _number_of(value.number_value, field)
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _number_of(number: float, field: str) -> int | float:
    if not math.isfinite(number):
        raise invalid(field, "expected a number")
    return int(number) if number.is_integer() and abs(number) <= _WHOLE_MAX else number


def _to_value(value: object) -> Value:
    if value is None:
        return Value(null_value=0)  # type: ignore[arg-type]  # the enumeration's only member
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float | Decimal):
        number = float(value)
        return (
            Value(number_value=number) if math.isfinite(number) else Value(string_value=str(value))
        )
    if isinstance(value, Mapping):
        return Value(struct_value=struct_of(cast("Mapping[str, object]", value)))
    if isinstance(value, list | tuple):
        values = [_to_value(each) for each in cast("Sequence[object]", value)]
        return Value(list_value=ListValue(values=values))
    return Value(string_value=str(value))
