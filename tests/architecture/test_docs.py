"""The documentation tells everything that a user meets, and nothing that is not there.

Needs every member installed: settings and verbs are those of the plugins and of the command.
"""

import ast
import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from typing import Any, get_args

import click
import msgspec
import pytest

from hexdesk.domain.instruments import InstrumentSettings
from hexdesk.domain.links import LinkState
from hexdesk.domain.order_state import ALERTING, EVENTS_VALID
from hexdesk.domain.reports import (
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderHeld,
    OrderRejected,
    OrderSubmitted,
    OrderTriggered,
    OrderUpdated,
)
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import Life, OrderType, PositionEffect, ReportedStatus, TimeInForce
from hexdesk.plugin import Server, Strategy, StrategyContext
from hexdesk.plugin.hookspecs import ADAPTER_GROUP, STRATEGY_GROUP, HookSpecs
from hexdesk.plugin.registry import HOOK_KINDS
from hexdesk.ports.broker import Broker, Capabilities
from hexdesk.ports.journal import Journal
from hexdesk.ports.market_data import MarketData, Recording
from hexdesk.ports.read_model import ReadModel
from hexdesk_app import problems
from hexdesk_app.bench import BENCHES
from hexdesk_app.cli.app import command
from hexdesk_app.config import schema
from hexdesk_app.config.convert import is_secret_type, show_value
from hexdesk_app.config.presets import RISK_PRESETS
from hexdesk_app.docstrings import type_words
from hexdesk_app.plugins import load
from hexdesk_sim.settings import AnyFault
from hexdesk_sim.venue.settings import AnyWireFault
from scripts.workspace import members
from tests.architecture.docs import DOCS, FENCE, LINK, ROOT, all_words, guides, rows, section, words
from tests.e2e.test_bench import DETAILS, STABLE

SECTIONS: list[tuple[str, str, type[msgspec.Struct]]] = [
    ("configuration.md", "`[desk]`", schema.DeskSettings),
    ("configuration.md", "`[brokers.NAME]`", schema.BrokerHead),
    ("configuration.md", "`[feeds.NAME]`", schema.FeedHead),
    ("configuration.md", "`[journal]`", schema.PluginHead),
    ("configuration.md", "`[strategies.NAME]`", schema.StrategyTable),
    ("configuration.md", '`[instruments."SYMBOL.VENUE"]`', InstrumentSettings),
    ("configuration.md", "`[logging]`", schema.LoggingSettings),
    ("risk.md", "Settings", RiskLimits),
    ("telemetry.md", "`[alerts]`", schema.AlertSettings),
    ("telemetry.md", "`[alerts.rules.NAME]`", schema.AlertRule),
    ("telemetry.md", "`[channels.NAME]`", schema.ChannelHead),
]
PLUGIN_PAGES = {
    "otel": {"hexdesk_telemetry": ("telemetry.md", "otel")},
    **{
        name: {"hexdesk_alert_channels": ("telemetry.md", name)}
        for name in (
            "dingtalk",
            "discord",
            "feishu",
            "mail",
            "slack",
            "telegram",
            "webhook",
            "wecom",
        )
    },
    "grpc": {"hexdesk_servers": ("control.md", "Settings")},
    "http": {"hexdesk_servers": ("control.md", "JSON over HTTP")},
    "sim": {"hexdesk_brokers": ("venue.md", "`sim`, the broker")},
    "sim_venue": {
        "hexdesk_brokers": ("venue.md", "`sim_venue`, the broker"),
        "hexdesk_feeds": ("venue.md", "`sim_venue`, the feed"),
        "hexdesk_servers": ("venue.md", "`sim_venue`, the server"),
    },
}
"""Where settings stand that are not under the plugin's name in `configuration.md`."""


# --------------------------------------------------------------------------------------------------
# Settings


def plugin_names() -> list[str]:
    points = [member.project.get("entry-points", {}) for member in members(ROOT)]
    groups = (ADAPTER_GROUP, STRATEGY_GROUP)
    return sorted(name for each in points for group in groups for name in each.get(group, ()))


def plugin_sections() -> Iterator[tuple[str, str, type[msgspec.Struct]]]:
    for name in plugin_names():
        for _, kind, registration in load([name]).all():
            if msgspec.structs.fields(registration.settings):
                place = PLUGIN_PAGES.get(name, {}).get(f"hexdesk_{kind}")
                page, heading = place or ("configuration.md", name)
                yield page, heading, registration.settings


def settings_rows(kind: type[msgspec.Struct]) -> list[list[str]]:
    """Return key, type and default of each setting, as the tables show them."""
    return [
        [f"`{field.encode_name}`", _type_of(field), f"`{_default_of(field)}`"]
        for field in msgspec.structs.fields(kind)
    ]


def _type_of(field: msgspec.structs.FieldInfo) -> str:
    return "secret reference" if is_secret_type(field.type) else type_words(field.type)


def _default_of(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if field.default is msgspec.NODEFAULT:
        return "empty"
    if field.default is None:
        return "none"
    return show_value(msgspec.to_builtins(field.default, enc_hook=str))


@pytest.mark.parametrize(
    ("page", "heading", "kind"),
    [*SECTIONS, *plugin_sections()],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_setting_is_documented_as_it_is(
    page: str, heading: str, kind: type[msgspec.Struct]
) -> None:
    table = rows(section(page, heading), "key")
    assert [row[:3] for row in table] == settings_rows(kind)
    assert all(row[3].endswith(".") for row in table), "a meaning is missing"


def test_capabilities_are_documented_as_they_are() -> None:
    table = rows(section("adapters.md", "Capabilities"), "key")
    expected = [(row[0], row[2]) for row in settings_rows(Capabilities)]
    assert [(row[0], row[2]) for row in table] == expected


def test_every_preset_is_documented() -> None:
    found = {row[0]: row[1] for row in rows(section("risk.md", "Settings"), "preset")}
    assert set(found) == {f"`{name}`" for name in RISK_PRESETS}
    for name in ("observe", "careful"):
        assert set(RISK_PRESETS[name]) <= words(found[f"`{name}`"])


@pytest.mark.parametrize(
    ("heading", "union"), [("Faults of `sim`", AnyFault), ("Faults of `sim_venue`", AnyWireFault)]
)
def test_every_fault_is_documented(heading: str, union: object) -> None:
    found = {row[0]: words(row[1]) for row in rows(section("venue.md", heading), "action")}
    expected = {
        f"`{kind.__struct_config__.tag}`": set(kind.__struct_fields__) - {"nth", "rate"}
        for kind in get_args(union)
    }
    assert found == expected


# --------------------------------------------------------------------------------------------------
# The plugin contract


def test_every_hook_is_documented_with_what_it_returns() -> None:
    found = {row[0]: row[1] for row in rows(section("adapters.md", "Hooks"), "hook")}
    hooks = [name for name in vars(HookSpecs) if name.startswith("hexdesk_")]
    assert set(hooks) == set(HOOK_KINDS)
    assert found == {f"`{name}`": f"`{HOOK_KINDS[name].__name__}`" for name in hooks}


def public(kind: type) -> set[str]:
    return {name for name in vars(kind) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("page", "heading", "kind"),
    [
        ("strategies.md", "The context", StrategyContext),
        ("strategies.md", "Callbacks", Strategy),
        ("adapters.md", "Broker", Broker),
        ("adapters.md", "MarketData", MarketData),
        ("adapters.md", "Recording", Recording),
        ("adapters.md", "Journal", Journal),
        ("adapters.md", "ReadModel", ReadModel),
        ("adapters.md", "Server", Server),
    ],
)
def test_every_member_of_a_port_is_documented(page: str, heading: str, kind: type) -> None:
    assert public(kind) - words(section(page, heading)) == set()


# --------------------------------------------------------------------------------------------------
# Orders


@pytest.mark.parametrize("kind", [OrderType, TimeInForce, PositionEffect, Life, ReportedStatus])
def test_every_word_of_an_order_is_documented(kind: type[Enum]) -> None:
    assert {member.name for member in kind} - words((DOCS / "orders.md").read_text()) == set()


COLUMNS = [
    OrderHeld, OrderSubmitted, OrderAccepted, OrderTriggered, Fill, OrderCanceled, OrderExpired,
    OrderRejected, OrderDenied, OrderUpdated, FillBusted, OrderAbandoned,
]  # fmt: skip


def test_the_table_of_orders_marks_exactly_what_makes_no_sense() -> None:
    table = rows(section("orders.md", "The table"), "life")
    assert len(table) == len(Life)
    for row, life in zip(table, Life, strict=True):
        for cell, event in zip(row[1:], COLUMNS, strict=True):
            assert (cell != "-") is (event in EVENTS_VALID[life]), f"{life.name}, {event.__name__}"


# --------------------------------------------------------------------------------------------------
# Codes

CODE = re.compile(r"[A-Z]{2,}(_[A-Z]+)+")
NOT_CODES = {
    "HEXDESK_PROFILE",  # a variable
    "HEXDESK_FUZZ_SEED",  # a variable of the tests
    "NO_COLOR",  # a variable
    "OTEL_LOGS_EXPORTER",  # variables, one a signal
    "OTEL_METRICS_EXPORTER",
    "OTEL_TRACES_EXPORTER",
    "OTEL_SERVICE_NAME",  # a variable that OpenTelemetry itself reads
    "OUT_OF_RANGE",  # of gRPC
    "STATE_OPEN",  # of the wire
    "SC_PAGE_SIZE",  # of the operating system
    "NOT_FOUND_CONFIRMED",  # of the kit alone
}


def strings_that_look_like_codes() -> Iterator[str]:
    """Walk constants as `RISK_RATE`, also at the start of an f-string, and classes' codes."""
    for member in members(ROOT):
        for path in (ROOT / member.folder / member.package).rglob("*.py"):
            if "testing" in path.parts:
                continue
            yield from _codes_in(ast.parse(path.read_text(encoding="utf-8")))


def _codes_in(tree: ast.Module) -> Iterator[str]:
    named = {name for name in _assigned(tree) if name.isupper()}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name("code")], value=ast.Constant(str(code))):
                yield code
            case ast.Constant(str(text)):
                found = CODE.fullmatch(text.removesuffix(": "))
                if found and (found[0] not in named or _is_value_of(tree, found[0])):
                    yield found[0]
            case _:
                pass


def _assigned(tree: ast.Module) -> Iterator[str]:
    """Walk the names of a module's own and of its imports: `__all__` lists them as text."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                yield name
            case ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case _:
                pass


def _is_value_of(tree: ast.Module, code: str) -> bool:
    """Whether a module has `NAME = "NAME"`."""
    return any(
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and node.value.value == code
        for node in tree.body
    )


def names_on_the_wire() -> set[str]:
    """Values of the contract's enumerations."""
    files = (path.stem for path in (ROOT / "src/api/hexdesk_api/v1").glob("*_pb2.py"))
    modules = [import_module(f"hexdesk_api.v1.{stem}") for stem in files]
    enums = [
        kind
        for module in modules
        for kind in (
            *module.DESCRIPTOR.enum_types_by_name.values(),
            *(
                each
                for message in module.DESCRIPTOR.message_types_by_name.values()
                for each in message.enum_types
            ),
        )
    ]
    return {value.name for kind in enums for value in kind.values}


def codes() -> set[str]:
    found = set(strings_that_look_like_codes()) - NOT_CODES - names_on_the_wire()
    found -= {member.name for kind in (OrderType, Life) for member in kind}
    return found | {outcome.name for outcome in ALERTING}


def test_codes_are_found() -> None:
    text = (
        'AA_B = "AA_B"\nCC_D = 1\n__all__ = ["CC_D"]\n'
        'class E:\n    code = "E"\nf(code="FF_G", text=f"HH_I: {1}")\n'
    )
    assert set(_codes_in(ast.parse(text))) == {"AA_B", "E", "FF_G", "HH_I"}


def test_every_code_is_documented() -> None:
    assert codes() - all_words() == set()


def test_no_code_is_documented_that_is_not_there() -> None:
    kinds = (OrderType, Life, LinkState, ReportedStatus, PositionEffect)
    known = codes() | NOT_CODES | names_on_the_wire()
    known |= {member.name for kind in kinds for member in kind}
    known |= {"BOOKS_CLOSED", "CONTRACT_VERSION", "CLOSE_ONLY", "VENUE_POSITION_LIMIT", "IN_DOUBT"}
    documented = {
        code.strip("`")
        for page in guides()
        for code in re.findall(r"`[A-Z]{2,}(?:_[A-Z]+)+`", page.read_text(encoding="utf-8"))
    }
    assert documented - known == set()


# --------------------------------------------------------------------------------------------------
# The command


def leaves(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from leaves(found, f"{path} {name}")
        elif found is not None:
            yield f"{path} {name}", found


VERBS = dict(leaves(command, "hexdesk"))
SHARED = {
    "--json", "--quiet", "--verbose",
    "--desk", "--address", "--token-file", "--ca", "--certificate", "--key",  # of a running desk
    "--watch", "--reason", "--dry-run", "--request-id",
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented_with_its_options(verb: str) -> None:
    heading = "`hexdesk bench`" if verb.startswith("hexdesk bench") else f"`{verb}`"
    text = section("cli.md", heading)
    options = {
        option.opts[-1]
        for option in VERBS[verb].params
        if isinstance(option, click.Option) and option.opts[-1].startswith("--")
    }
    longest = {max(option.opts, key=len) for option in VERBS[verb].params
               if isinstance(option, click.Option)}  # fmt: skip
    missing = {each for each in longest if each not in SHARED and f"`{each}" not in text}
    assert options
    assert {each for each in missing if f"{each} " not in text} == set()


def test_no_verb_is_documented_that_is_not_there() -> None:
    text = (DOCS / "cli.md").read_text()
    headings = set(re.findall(r"^### `(hexdesk [^`]+)`$", text, re.MULTILINE))
    assert headings - {"hexdesk bench"} == {
        verb for verb in VERBS if not verb.startswith("hexdesk bench")
    }


def test_every_exit_code_is_documented() -> None:
    text = (DOCS / "cli.md").read_text()
    documented = {int(row[0]) for row in rows(text, "exit code")}
    assert documented == {
        value for name, value in vars(problems).items() if name.startswith("EXIT_")
    }


@pytest.mark.parametrize("name", BENCHES)
def test_every_benchmark_is_documented_with_what_it_prints(name: str) -> None:
    """That these names are all that it prints, is shown beside their table, where it is run."""
    shared = words((DOCS / "bench.md").read_text().partition("\n## ")[0])
    told = shared | words(section("bench.md", f"`hexdesk bench {name}`"))
    assert STABLE | DETAILS[name] <= told
    usual = f"{BENCHES[name][1]:,}"
    assert usual in section("bench.md", f"`hexdesk bench {name}`")


# --------------------------------------------------------------------------------------------------
# Pages


def test_every_link_leads_somewhere() -> None:
    for page in [*guides(), DOCS / "coverage.md", *(DOCS / "adr").glob("*.md")]:
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        for link in LINK.finditer(text):
            target, _, anchor = link["target"].partition("#")
            if "://" in target:
                continue
            path = (page.parent / target).resolve() if target else page
            assert path.exists(), f"{page.name}: {link['target']}"
            if anchor:
                assert anchor in anchors(path.read_text(encoding="utf-8")), f"{page.name}: {anchor}"


def anchors(text: str) -> set[str]:
    """Return the names that headings have, as the usual viewers of Markdown make them."""
    headings: list[Any] = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_guide_is_reached_from_the_first_page() -> None:
    readme = (ROOT / "README.md").read_text()
    named = {link["target"] for link in LINK.finditer(readme)}
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} - named == set()
