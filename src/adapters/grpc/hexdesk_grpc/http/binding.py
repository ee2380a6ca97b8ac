"""Which path each method has, and how a request becomes its message; pure.

The rule is the contract's `google.api.http`, as Google's own gateways read it: a field in the path,
the fields of the body, and the rest in the query. A method without that option is
`POST /PACKAGE.SERVICE/METHOD` with its message as body.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

import msgspec
from google.api import (  # pyright: ignore[reportMissingTypeStubs] - they lie beside the code
    annotations_pb2,
)
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from hexdesk_grpc.from_wire import invalid

WHOLE_BODY = "*"
_VARIABLE = re.compile(r"\{([\w.]+)(?:=([^}]+))?\}")
_WILDCARDS = {"*": "[^/:]+", "**": ".+"}
_BOOLS = {"true": True, "false": False}


class Binding(NamedTuple):
    """One way to call one method.

    Attributes:
        verb: As `GET`.
        template: The path as the contract writes it, as `/v1/{name=orders/*}:cancel`.
        body: Field that the body is; `*` for the whole message, empty for no body.
        method: Which.
    """

    verb: str
    template: str
    body: str
    method: MethodDescriptor

    @property
    def name(self) -> str:
        """The method as `Service.Method`."""
        return f"{self.method.containing_service.name}.{self.method.name}"

    @property
    def fields(self) -> list[str]:
        """Fields in the path, from left to right."""
        return [found[1] for found in _VARIABLE.finditer(self.template)]

    @property
    def route(self) -> str:
        """The path as aiohttp's router reads it; its variables are `p0`, `p1`, ..."""
        numbers = iter(range(len(self.fields)))

        def variable(found: re.Match[str]) -> str:
            parts = (found[2] or "*").split("/")
            pattern = "/".join(_WILDCARDS.get(part, re.escape(part)) for part in parts)
            return f"{{p{next(numbers)}:{pattern}}}"

        return _VARIABLE.sub(variable, self.template)


def bindings_of(method: MethodDescriptor) -> Iterator[Binding]:
    """Yield every way to call a method."""
    options: Any = method.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        path = f"/{method.containing_service.full_name}/{method.name}"
        yield Binding("POST", path, WHOLE_BODY, method)
        return
    rule: Any = options.Extensions[annotations_pb2.http]
    for each in (rule, *rule.additional_bindings):
        kind = each.WhichOneof("pattern")
        path = each.custom.path if kind == "custom" else getattr(each, kind)
        verb = each.custom.kind if kind == "custom" else kind.upper()
        yield Binding(verb, path, each.body, method)


def read_request(
    binding: Binding, path: Mapping[str, str], query: Iterable[tuple[str, str]], body: bytes
) -> Message:
    """Return the message that a request stands for.

    Raises:
        ControlError: It is no JSON, or a field is unknown or malformed.
    """
    fields = _from_query(binding, query)
    if binding.body:
        given = _json(body)
        if binding.body == WHOLE_BODY:
            if not isinstance(given, dict):
                raise invalid("body", "expected a JSON object")
            fields |= cast("dict[str, Any]", given)
        else:
            fields[binding.body] = given
    elif body:
        raise invalid("body", f"{binding.verb} takes none; fields go into the query")
    for number, field in enumerate(binding.fields):
        _put(fields, field.split("."), path[f"p{number}"])
    message = GetMessageClass(binding.method.input_type)()
    try:
        ParseDict(fields, message)
    except (ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise invalid("body" if binding.body else "query", str(error)[:300]) from error
    return message


def set_text(message: Message, field: str, text: str, source: str) -> None:
    """Set a field of a message, if it has it, from a header.

    Raises:
        ControlError: The message says otherwise.
    """
    if field not in message.DESCRIPTOR.fields_by_name:
        return
    if getattr(message, field) not in {"", text}:
        raise invalid(field, f"the header {source} says otherwise")
    try:
        setattr(message, field, text)
    except ValueError as error:  # bytes that are no text
        raise invalid(field, f"the header {source} is no text") from error


def _json(body: bytes) -> object:
    if not body:
        return {}
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("body", f"is not JSON: {error}") from error


def _from_query(binding: Binding, query: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the fields in a query; `a.b=1` is a field of a field, a repeated key a list."""
    given: dict[str, list[str]] = {}
    for key, text in query:
        given.setdefault(key, []).append(text)
    fields: dict[str, Any] = {}
    for key, texts in given.items():
        if binding.body == WHOLE_BODY:
            raise invalid(key[:100], "all fields go into the body")
        path = key.split(".")
        field = _field_at(binding.method.input_type, path)
        is_bool = field.type == FieldDescriptor.TYPE_BOOL
        values = [_BOOLS.get(text, text) if is_bool else text for text in texts]
        if not field.is_repeated and len(values) > 1:
            raise invalid(key[:100], "was given twice")
        _put(fields, path, values if field.is_repeated else values[0])
    return fields


def _field_at(message: Descriptor, path: list[str]) -> FieldDescriptor:
    """Return the field that a path of names leads to.

    Raises:
        ControlError: There is none.
    """
    field: FieldDescriptor | None = None
    inner: Descriptor | None = message
    for part in path:
        field = None
        if inner is not None:
            field = inner.fields_by_name.get(part) or inner.fields_by_camelcase_name.get(part)
        inner = None if field is None else field.message_type
    if field is None:
        names = ", ".join(field.name for field in message.fields) or "none"
        raise invalid(".".join(path)[:100], f"there is no such field; there are: {names}")
    return field


def _put(fields: dict[str, Any], path: list[str], value: object) -> None:
    for part in path[:-1]:
        inner = fields.setdefault(part, {})
        if not isinstance(inner, dict):
            raise invalid(".".join(path)[:100], "contradicts another field")
        fields = cast("dict[str, Any]", inner)
    fields[path[-1]] = value
