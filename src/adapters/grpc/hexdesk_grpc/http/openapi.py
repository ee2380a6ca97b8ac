"""The contract as an OpenAPI 3.1 document, read off its descriptors; pure."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

import msgspec
from google.api import (  # pyright: ignore[reportMissingTypeStubs] - they lie beside the code
    field_behavior_pb2,
)
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.rpc import status_pb2  # pyright: ignore[reportMissingTypeStubs] - beside the code

from hexdesk_grpc.http.binding import WHOLE_BODY, Binding

Plain: TypeAlias = dict[str, Any]

_INT64 = {"type": "string", "format": "int64"}
_INT32 = {"type": "integer", "format": "int32"}
_SCALARS: dict[int, Plain] = {
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_INT32: _INT32,
    FieldDescriptor.TYPE_UINT32: _INT32,
    FieldDescriptor.TYPE_SINT32: _INT32,
    FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_UINT64: _INT64,
    FieldDescriptor.TYPE_SINT64: _INT64,
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "format": "byte"},
}
_WELL_KNOWN: dict[str, Plain] = {
    "google.protobuf.Any": {"type": "object", "properties": {"@type": {"type": "string"}}},
    "google.protobuf.Duration": {"type": "string", "examples": ["3600s"]},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Value": {},
}
_STATUS: Any = status_pb2.Status.DESCRIPTOR
_OPENAPI_VERBS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
_SEGMENT = re.compile(r"\{([\w.]+)(?:=([^}]+))?\}")


@cache
def comments() -> dict[str, str]:
    """Return what the contract says of everything in it, by full name."""
    text = files("hexdesk_api.v1").joinpath("comments.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, str])


def document(bindings: Iterable[Binding], version: str) -> Plain:
    """Return the document of all methods.

    Args:
        bindings: How they are called.
        version: Of the desk.
    """
    schemas: Plain = {}
    paths: Plain = {}
    services: dict[str, str] = {}
    for binding in bindings:
        service = binding.method.containing_service
        services[service.name] = comments().get(service.full_name, "")
        if binding.verb in _OPENAPI_VERBS:
            path, names = _path(binding.template)
            operation = _operation(binding, names, schemas)
            paths.setdefault(path, {})[binding.verb.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "hexdesk", "version": version},
        "tags": [{"name": name, "description": text} for name, text in services.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _path(template: str) -> tuple[str, list[str]]:
    """Return a template with one variable a segment, and these variables."""
    names: list[str] = []

    def variable(found: re.Match[str]) -> str:
        if found[2] is None:
            names.append(found[1])
            return f"{{{found[1]}}}"
        parts: list[str] = []
        for part in found[2].split("/"):
            if part.startswith("*"):
                names.append(f"{parts[-1]}_id" if parts else "id")
                part = f"{{{names[-1]}}}"  # noqa: PLW2901 - the same segment, named
            parts.append(part)
        return "/".join(parts)

    return _SEGMENT.sub(variable, template), names


def _operation(binding: Binding, names: list[str], schemas: Plain) -> Plain:
    method = binding.method
    parameters: list[Plain] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    bound = {*(field.split(".")[0] for field in binding.fields), binding.body}
    free = [field for field in method.input_type.fields if field.name not in bound]
    found: Plain = {
        "operationId": binding.name.replace(".", "_"),
        "tags": [method.containing_service.name],
        "summary": _words(method.name),
        "description": comments().get(method.full_name, ""),
    }
    if binding.body == WHOLE_BODY:
        content = _refer(method.input_type, schemas)
        _without(schemas[method.input_type.name], bound)
        found["requestBody"] = {"content": {"application/json": {"schema": content}}}
        if "request_id" in method.input_type.fields_by_name:
            parameters.append(_header("Idempotency-Key", "The field request_id, as a header."))
    else:
        parameters += [
            {
                "name": field.name,
                "in": "query",
                "required": _has(field, field_behavior_pb2.REQUIRED),
                "description": comments().get(field.full_name, ""),
                "schema": _schema(field, schemas),
            }
            for field in free
        ]
    answers = _refer(method.output_type, schemas)
    kinds = ["application/json"]
    if method.server_streaming:
        kinds = ["application/x-ndjson", "text/event-stream"]
    status = {"application/json": {"schema": _refer(_STATUS, schemas)}}
    found["parameters"] = parameters
    found["responses"] = {
        "200": {
            "description": method.output_type.name,
            "content": {kind: {"schema": answers} for kind in kinds},
        },
        "default": {"description": "Refused.", "content": status},
    }
    return found


def _without(schema: Plain, fields: Iterable[str]) -> None:
    """Take fields out of a request's schema that stand in its path."""
    for field in fields:
        schema["properties"].pop(field, None)
    required = [name for name in schema.pop("required", ()) if name in schema["properties"]]
    if required:
        schema["required"] = required


def _header(name: str, text: str) -> Plain:
    return {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}


def _refer(message: Descriptor, schemas: Plain) -> Plain:
    """Return a reference to a message's schema, which is made if it is not there."""
    known = _WELL_KNOWN.get(message.full_name)
    if known is not None:
        return known
    name = message.full_name.removeprefix(f"{message.file.package}.")
    if name not in schemas:
        schemas[name] = made = {"type": "object"}
        if message.full_name in comments():
            made["description"] = comments()[message.full_name]
        made |= _properties(message, schemas)
    return {"$ref": f"#/components/schemas/{name}"}


def _properties(message: Descriptor, schemas: Plain) -> Plain:
    properties: Plain = {}
    for field in message.fields:
        schema = _schema(field, schemas)
        if field.full_name in comments():
            schema = {**schema, "description": comments()[field.full_name]}
        if _has(field, field_behavior_pb2.OUTPUT_ONLY):
            schema = {**schema, "readOnly": True}
        properties[field.name] = schema
    required = [field.name for field in message.fields if _has(field, field_behavior_pb2.REQUIRED)]
    return {"properties": properties, **({"required": required} if required else {})}


def _schema(field: FieldDescriptor, schemas: Plain) -> Plain:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        return {
            "type": "object",
            "additionalProperties": _schema(kind.fields_by_name["value"], schemas),
        }
    one = _one(field, schemas)
    return {"type": "array", "items": one} if field.is_repeated else one


def _one(field: FieldDescriptor, schemas: Plain) -> Plain:
    if field.message_type is not None:
        return _refer(field.message_type, schemas)
    if field.enum_type is not None:
        return {"type": "string", "enum": [value.name for value in field.enum_type.values]}
    return _SCALARS[field.type]


def _has(field: FieldDescriptor, behavior: int) -> bool:
    options: Any = field.GetOptions()
    return behavior in options.Extensions[field_behavior_pb2.field_behavior]


def _words(name: str) -> str:
    """Return `ListOrders` as `List orders`."""
    words = re.findall(r"[A-Z][a-z0-9]*", name)
    return " ".join((words[0], *(word.lower() for word in words[1:])))
