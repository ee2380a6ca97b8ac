"""`hexdesk plugin`."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from hexdesk.application.risk.self_test import try_rules
from hexdesk.errors import ConfigError, HexdeskError, PluginError
from hexdesk.plugin.registrations import (
    BrokerRegistration,
    Registration,
    RiskRuleRegistration,
    StrategyRegistration,
)
from hexdesk_app.cli.common import output_options, sources
from hexdesk_app.cli.output import Output, error_facts
from hexdesk_app.config import Origins, load_config
from hexdesk_app.config.convert import is_secret_type, show_value
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.docstrings import attribute_texts, type_words
from hexdesk_app.plugins import Offer, convert_settings, find, installed, load
from hexdesk_app.problems import EXIT_ERROR, EXIT_OK, each_error
from hexdesk_app.resolve import KIND_NAMES
from hexdesk_app.risk import active_rule
from hexdesk_app.telemetry.measures import metrics_of, rules_of

METRIC_COLUMNS = ("metric", "kind", "unit", "labels", "meaning")
RULE_COLUMNS = ("rule", "metric", "limit", "level", "meaning")
FACTORY = ("context", "settings")
"""What a factory takes; that of a rule takes settings alone."""


class Check(msgspec.Struct, frozen=True):
    """One check of a plugin; `problem` is empty where it passed."""

    plugin: str
    what: str
    problem: str = ""
    remedy: str = ""


@click.group(no_args_is_help=True)
def plugin() -> None:
    """List, explain and check plugins."""


@plugin.command("list")
@output_options
def list_plugins(output: Output) -> None:
    """List every installed plugin; a broken one with what is wrong."""
    rows = [_row(offer) for offer in installed()]
    headers = ("plugin", "kind", "distribution", "summary")
    columns = [(row["name"], row["kind"], row["distribution"], row["summary"]) for row in rows]
    output.result("plugin.list", rows, [make_table("", headers, columns)])


def _row(offer: Offer) -> dict[str, str]:
    row = {"name": offer.name, "group": offer.group, "distribution": offer.distribution}
    try:
        offered = [each for _, _, each in load([offer.name]).all()]
    except PluginError as error:
        return row | {"kind": "broken", "summary": str(error).partition("\n")[0]}
    kinds = dict.fromkeys(KIND_NAMES[type(each)] for each in offered)
    return row | {"kind": ", ".join(kinds), "summary": offered[0].summary}


@plugin.command()
@click.argument("name")
@output_options
def info(output: Output, name: str) -> None:
    """Explain one plugin: what it offers and all its settings."""
    offer = find(name)
    offered = [each for _, _, each in load([name]).all()]
    data = {
        "name": name,
        "group": offer.group,
        "distribution": offer.distribution,
        "module": offer.entry_point.value,
        "offers": [_facts(each) for each in offered],
    }
    head = [("distribution", offer.distribution), ("module", offer.entry_point.value)]
    tables = [make_table(name, ("", ""), head)]
    tables += [table for each in offered for table in _tables(each)]
    output.result("plugin.info", data, tables)


def _facts(registration: Registration) -> dict[str, object]:
    facts: dict[str, object] = {
        "kind": KIND_NAMES[type(registration)],
        "name": registration.name,
        "summary": registration.summary,
        "contract": registration.contract,
        "settings": [dict(zip(("key", "type", "default", "meaning"), row, strict=True))
                     for row in _settings(registration)],
    }  # fmt: skip
    if isinstance(registration, BrokerRegistration):
        facts["capabilities"] = dict(_capabilities(registration))
    if isinstance(registration, StrategyRegistration):
        facts["metrics"] = [
            dict(zip(METRIC_COLUMNS, row, strict=True)) for row in _metrics(registration)
        ]
        facts["alert_rules"] = [
            dict(zip(RULE_COLUMNS, row, strict=True)) for row in _rules(registration)
        ]
    return facts


def _tables(registration: Registration) -> Iterator[Table]:
    kind = KIND_NAMES[type(registration)]
    title = f"{kind} {registration.name}: {registration.summary}"
    settings = list(_settings(registration))
    headers = ("setting", "type", "default", "meaning")
    yield make_table(title, headers, settings or [("none", "", "", "")])
    if isinstance(registration, BrokerRegistration):
        yield make_table(
            "What the broker can do", ("capability", "value"), list(_capabilities(registration))
        )
    if isinstance(registration, StrategyRegistration) and registration.metrics:
        yield make_table("What it measures", METRIC_COLUMNS, list(_metrics(registration)))
    if isinstance(registration, StrategyRegistration) and registration.alert_rules:
        yield make_table("What it alarms of", RULE_COLUMNS, list(_rules(registration)))


def _settings(registration: Registration) -> Iterator[tuple[str, str, str, str]]:
    texts = attribute_texts(registration.settings)
    for field in msgspec.structs.fields(registration.settings):
        if field.required:
            default = "required"
        elif field.default is None:
            default = "none"
        elif field.default is not msgspec.NODEFAULT:
            default = show_value(msgspec.to_builtins(field.default, enc_hook=str))
        else:
            default = "empty"
        kind = "secret reference" if is_secret_type(field.type) else type_words(field.type)
        yield field.encode_name, kind, default, texts.get(field.name, "")


def _metrics(registration: StrategyRegistration) -> Iterator[tuple[str, ...]]:
    for metric in metrics_of([registration]):
        yield metric.name, metric.kind.value, metric.unit, ", ".join(metric.labels), metric.text


def _rules(registration: StrategyRegistration) -> Iterator[tuple[str, ...]]:
    for name, rule in rules_of([registration]).items():
        limit = f"above {rule.above:g}" if rule.above is not None else f"below {rule.below:g}"
        rate = " a second" if rule.rate else ""
        yield name, rule.metric, f"{limit}{rate}", rule.level, rule.text


def _capabilities(registration: BrokerRegistration) -> Iterator[tuple[str, str]]:
    capabilities = registration.capabilities
    yield "order_types", ", ".join(sorted(each.name for each in capabilities.order_types))
    yield "times_in_force", ", ".join(sorted(each.name for each in capabilities.times_in_force))
    yield "position_mode", capabilities.position_mode.name
    plain = msgspec.structs.asdict(capabilities)
    for name in ("order_types", "times_in_force", "position_mode"):
        del plain[name]
    yield from ((name, show_value(value)) for name, value in plain.items())


@plugin.command()
@click.argument("name_or_file")
@output_options
def check(output: Output, name_or_file: str) -> int:
    """Check one plugin, or all that a configuration file names."""
    path = Path(name_or_file)
    if path.suffix == ".toml" or path.is_file():
        found = load_config(sources(path))
        names = list(dict.fromkeys(section.plugin for section in found.plugin_sections))
    else:
        find(name_or_file)
        names = [name_or_file]
    checks = [each for name in names for each in checks_of(name)]
    failed = [each for each in checks if each.problem]
    headers = ("plugin", "check", "result", "remedy")
    rows = [(each.plugin, each.what, each.problem or "pass", each.remedy) for each in checks]
    data = {"ok": not failed, "checks": msgspec.to_builtins(checks)}
    output.result("plugin.check", data, [make_table("", headers, rows)])
    return EXIT_ERROR if failed else EXIT_OK


def checks_of(name: str) -> Iterator[Check]:
    """Yield what is looked at of one plugin."""
    try:
        registrations = [each for _, _, each in load([name]).all()]
    except PluginError as error:
        yield Check(name, "loads, and its hooks return what they must", error.message, error.remedy)
        return
    yield Check(name, "loads, and its hooks return what they must")
    names = {each.name for each in registrations if not isinstance(each, RiskRuleRegistration)}
    is_named = name in names or not names  # rules are named one by one in [risk.custom]
    yield Check(
        name,
        "offers something under the name of its entry point",
        "" if is_named else f"it offers {', '.join(sorted(names))}",
        "" if is_named else f"register name={name!r}",
    )
    for registration in registrations:
        yield from _registration_checks(name, registration)


def _registration_checks(name: str, registration: Registration) -> Iterator[Check]:
    kind = KIND_NAMES[type(registration)]
    config = registration.settings.__struct_config__
    strict = config.frozen and config.forbid_unknown_fields
    yield Check(
        name,
        f"{kind} {registration.name}: settings are frozen and forbid unknown keys",
        "" if strict else f"{registration.settings.__name__} does not",
        "" if strict else "class Settings(Struct, frozen=True, forbid_unknown_fields=True)",
    )
    words = ("settings",) if isinstance(registration, RiskRuleRegistration) else FACTORY
    signature = _signature_problem(registration, len(words))
    yield Check(
        name,
        f"{kind} {registration.name}: the factory takes {' and '.join(words)}",
        signature,
        f"def factory({', '.join(words)}): ..." if signature else "",
    )
    if isinstance(registration, RiskRuleRegistration):
        yield _rule_check(name, registration)
    if isinstance(registration, StrategyRegistration):
        yield _example_check(name, registration)


def _rule_check(name: str, registration: RiskRuleRegistration) -> Check:
    """Fire a rule with its default settings, as at a start."""
    what = f"risk rule {registration.name}: it fires at its limit, with its default settings"
    try:
        try_rules([active_rule(registration, registration.settings())])
    except TypeError as error:
        return Check(name, what, str(error), "give every setting a default")
    except ConfigError as error:
        return Check(name, what, error.message, "name cases at the rule's limit in edges()")
    return Check(name, what)


def _signature_problem(registration: Registration, arguments: int) -> str:
    try:
        inspect.signature(registration.factory).bind(*[None] * arguments)
    except TypeError as error:
        return str(error)
    except ValueError:
        return ""  # a built-in does not tell its signature
    return ""


def _example_check(name: str, registration: StrategyRegistration) -> Check:
    what = f"strategy {registration.name}: example_settings fit its settings"
    path = ("example_settings",)
    try:
        convert_settings(registration, registration.example_settings, path, Origins())
    except (ConfigError, PluginError) as error:
        problems = each_error(error)
        return Check(name, what, "; ".join(map(_one_line, problems)), problems[0].remedy)
    return Check(name, what)


def _one_line(error: HexdeskError) -> str:
    path = error_facts(error).get("path", "")
    return f"{path} {error.message}".strip()
