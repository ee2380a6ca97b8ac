"""The contract as one HTML page for people, made of the OpenAPI document; it loads nothing."""

from collections.abc import Iterator
from html import escape
from typing import Any, TypeAlias

Plain: TypeAlias = dict[str, Any]

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
code, pre { font: 14px/1.4 ui-monospace, monospace } summary { cursor: pointer }
.verb { display: inline-block; width: 4em; font-weight: bold }
table { border-collapse: collapse } td, th { padding: .2em .8em .2em 0; text-align: left;
vertical-align: top } details { margin: .4em 0 } h2 { margin-top: 2em }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } }
"""


def page(document: Plain) -> str:
    """Return the page of an OpenAPI document."""
    title = f"{document['info']['title']} {document['info']['version']}"
    body = "\n".join(_sections(document))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>"
        "<p>Every method of the control plane over HTTP; programs read"
        " <code>/openapi.json</code>.</p>"
        f"{body}</html>"
    )


def _sections(document: Plain) -> Iterator[str]:
    schemas: Plain = document["components"]["schemas"]
    calls = [
        (operation["tags"][0], verb.upper(), path, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    ]
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>"
        for owner, verb, path, operation in calls:
            if owner == tag["name"]:
                yield _call(verb, path, operation, schemas)


def _call(verb: str, path: str, operation: Plain, schemas: Plain) -> str:
    rows = [
        (each["name"], f"in the {each['in']}", each.get("description", ""))
        for each in operation["parameters"]
    ]
    if "requestBody" in operation:
        (content,) = operation["requestBody"]["content"].values()
        rows += _fields(content["schema"], schemas, "in the body")
    (answer, *_) = operation["responses"]["200"]["content"].values()
    answers = _fields(answer["schema"], schemas, "answered")
    return (
        f'<details><summary><span class="verb">{verb}</span><code>{escape(path)}</code>'
        f" {escape(operation['operationId'].partition('_')[2])}</summary>"
        f"<p>{escape(operation['description'])}</p>{_table(rows)}{_table(answers)}</details>"
    )


def _fields(schema: Plain, schemas: Plain, place: str) -> list[tuple[str, str, str]]:
    found = schemas[schema["$ref"].rpartition("/")[2]]
    return [
        (name, place, each.get("description", "")) for name, each in found["properties"].items()
    ]


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{escape(place)}<td>{escape(text)}"
        for name, place, text in rows
    )
    return f"<table>{cells}</table>" if rows else ""
