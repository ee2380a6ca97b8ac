"""`hexdesk strategy`: the lives of strategies on a running desk, their settings and states."""

import base64
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec

from hexdesk.errors import ConfigError
from hexdesk_app.cli.output import Output
from hexdesk_app.cli.remote.connect import (
    ask_twice,
    desk_options,
    destructive_options,
    mutation_options,
)
from hexdesk_app.cli.remote.show import bare, facts_table, strategy_table, when
from hexdesk_app.config.layers import is_list, is_table, parse_text
from hexdesk_app.config.toml_lines import parse_key
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.problems import UsageError

if TYPE_CHECKING:
    from hexdesk_client import PlainClient

How = Mapping[str, Any]
STATE_BYTES_MAX = 4_194_304
_encode = msgspec.json.Encoder(decimal_format="number").encode
set_option = click.option(
    "assignments", "--set", "--settings", multiple=True, metavar="KEY=VALUE",
    help="One setting; repeatable.",
)  # fmt: skip
version_option = click.option(
    "version", "--expected-version", type=click.IntRange(min=0), default=0, show_default=False,
    help="Refuse if the strategy has another version by now.",
)  # fmt: skip
keep_option = click.option(
    "keep", "--keep-orders", is_flag=True, help="Leave its open orders at the venue."
)


@click.group(no_args_is_help=True)
def strategy() -> None:
    """Load, start, stop, change and unload strategies while the desk runs."""


@strategy.command("list")
@desk_options
def list_strategies(output: Output, client: "PlainClient") -> None:
    """List all strategies."""
    found = client.all("StrategyService.ListStrategies", "strategies")
    output.result("strategy.list", found, [strategy_table(found)])


@strategy.command()
@click.argument("strategy_id", metavar="STRATEGY")
@click.argument("plugin")
@click.option(
    "instruments", "-p", "--pairs", "--instrument", multiple=True, required=True, metavar="ID",
    help="What it trades; repeatable.",
)  # fmt: skip
@click.option("--account", default="", metavar="NAME", help="Section name of its broker.")
@set_option
@click.option(
    "settings_file", "--settings-file", type=click.Path(path_type=Path), metavar="FILE",
    help="A TOML file with its settings; --settings wins.",
)  # fmt: skip
@click.option(
    "state_file", "--state", type=click.Path(path_type=Path), metavar="FILE",
    help="A state to begin with, as `strategy save` or `strategy unload --state` wrote it.",
)  # fmt: skip
@click.option("keep", "--keep-orders-on-fault", is_flag=True, help="Else they are canceled.")
@click.option(
    "--capital", default="", metavar="AMOUNT",
    help="Its part of the account, as '5000 USDT' or '25 %'; else it shares what is left.",
)  # fmt: skip
@mutation_options
@desk_options
def load(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    strategy_id: str,
    plugin: str,
    instruments: tuple[str, ...],
    account: str,
    assignments: tuple[str, ...],
    settings_file: Path | None,
    state_file: Path | None,
    keep: bool,
    capital: str,
) -> None:
    """Make a strategy of an installed plugin; it sees nothing until init or start."""
    fields: dict[str, Any] = {
        "strategy_id": strategy_id,
        "plugin": f"plugins/{plugin}",
        "instruments": [f"instruments/{each}" for each in instruments],
        "settings": {**_settings_in(settings_file), **_settings_of(assignments)},
        "keep_orders_on_fault": keep,
        "capital": capital,
        **how,
    }
    if account:
        fields["account"] = f"accounts/{account}"
    if state_file is not None:
        fields["state"] = _read_state(state_file)
    found = client.ask("StrategyService.LoadStrategy", fields)
    output.result("strategy.load", found, [strategy_table([found])])


def _verb(name: str, method: str, text: str) -> None:
    @click.argument("strategy_id", metavar="STRATEGY")
    @version_option
    @mutation_options
    @desk_options
    def verb(
        output: Output, client: "PlainClient", *, how: How, strategy_id: str, version: int
    ) -> None:
        fields = {"name": f"strategies/{strategy_id}", "expected_version": version, **how}
        found = client.ask(f"StrategyService.{method}", fields)
        output.result(f"strategy.{name}", found, [strategy_table([found])])

    strategy.add_command(click.command(name, help=text)(verb))


_verb("init", "InitStrategy", "Let it see its markets and warm up; it opens nothing.")
_verb("start", "StartStrategy", "Connect it to its markets, and let it trade.")
_verb("pause", "PauseStrategy", "Stop its entries; it manages what is open.")
_verb("resume", "ResumeStrategy", "Allow its entries again.")
_verb("reload", "ReloadStrategy", "Make it anew of what is installed now; its state goes over.")


@strategy.command()
@click.argument("strategy_id", metavar="STRATEGY")
@keep_option
@version_option
@destructive_options
@desk_options
def stop(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    strategy_id: str,
    version: int,
    keep: bool,
    yes: bool,
) -> None:
    """End a strategy; its position stays."""
    fields = {"name": f"strategies/{strategy_id}", "expected_version": version, **how}
    fields["keep_orders"] = keep
    found = ask_twice(client, "StrategyService.StopStrategy", fields, yes=yes)
    output.result("strategy.stop", found, [strategy_table([found])])


@strategy.command()
@click.argument("strategy_id", metavar="STRATEGY")
@keep_option
@click.option(
    "state_file", "--state", type=click.Path(path_type=Path), metavar="FILE",
    help="Write what it would have kept over a restart here.",
)  # fmt: skip
@version_option
@destructive_options
@desk_options
def unload(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    strategy_id: str,
    version: int,
    keep: bool,
    state_file: Path | None,
    yes: bool,
) -> None:
    """Stop a strategy and take it away; its position stays in its books."""
    fields = {"name": f"strategies/{strategy_id}", "expected_version": version, **how}
    fields["keep_orders"] = keep
    done = ask_twice(client, "StrategyService.UnloadStrategy", fields, yes=yes)
    _write_state(state_file, done["state"])
    output.result("strategy.unload", done, [_state_table(done["state"])])


@strategy.command()
@click.argument("strategy_id", metavar="STRATEGY")
@set_option
@click.option(
    "unset", "--unset", multiple=True, metavar="KEY", help="Take one back to its default."
)
@click.option(
    "rollback", "--rollback", type=click.IntRange(min=1), metavar="REVISION",
    help="Apply the settings of an earlier revision again.",
)  # fmt: skip
@click.option("history", "--history", is_flag=True, help="List all revisions, newest first.")
@version_option
@mutation_options
@desk_options
def params(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    strategy_id: str,
    assignments: tuple[str, ...],
    unset: tuple[str, ...],
    rollback: int | None,
    history: bool,
    version: int,
) -> None:
    """Show a strategy's settings, or change them; --dry-run shows what would change."""
    name = {"name": f"strategies/{strategy_id}"}
    if sum(map(bool, (assignments or unset, rollback, history))) > 1:
        message = "--set and --unset, --rollback and --history exclude each other"
        raise UsageError(message, remedy="say one of them")
    if history:
        found = client.ask("StrategyService.ListStrategySettingsRevisions", name)["revisions"]
        output.result("strategy.params.history", found, [_revision_table(found)])
        return
    fields = {**name, "expected_version": version, **how}
    if rollback is not None:
        method = "StrategyService.RollbackStrategySettings"
        done = client.ask(method, {**fields, "revision": rollback})
    elif assignments or unset:
        settings = _settings_of(assignments, unset)
        method = "StrategyService.UpdateStrategySettings"
        done = client.ask(method, {**fields, "settings": settings})
    else:
        found = client.ask("StrategyService.GetStrategy", name)
        settings = _whole(found.get("settings") or {})
        output.result("strategy.params", found, [facts_table(strategy_id, settings)])
        return
    output.result("strategy.params", done, [_change_table(strategy_id, done)])


@strategy.command()
@click.argument("strategy_id", metavar="STRATEGY")
@click.argument("state_file", type=click.Path(path_type=Path), metavar="FILE")
@mutation_options
@desk_options
def save(
    output: Output, client: "PlainClient", *, how: How, strategy_id: str, state_file: Path
) -> None:
    """Write what a strategy keeps over a restart into a file."""
    fields = {"name": f"strategies/{strategy_id}", **how}
    state = client.ask("StrategyService.SaveStrategyState", fields)
    _write_state(state_file, state)
    output.result("strategy.save", state, [_state_table(state)])


@strategy.command()
@click.argument("strategy_id", metavar="STRATEGY")
@click.argument("state_file", type=click.Path(path_type=Path), metavar="FILE")
@version_option
@mutation_options
@desk_options
def restore(
    output: Output,
    client: "PlainClient",
    *,
    how: How,
    strategy_id: str,
    state_file: Path,
    version: int,
) -> None:
    """Give a strategy that does not run a state back."""
    fields = {"name": f"strategies/{strategy_id}", "expected_version": version, **how}
    fields["state"] = _read_state(state_file)
    found = client.ask("StrategyService.RestoreStrategyState", fields)
    output.result("strategy.restore", found, [strategy_table([found])])


# --- settings and states ------------------------------------------------------------------------


def _settings_in(file: Path | None) -> dict[str, Any]:
    """Return the settings in a TOML file; nothing without one."""
    if file is None:
        return {}
    try:
        return dict(_as_json(tomllib.loads(file.read_text())))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: {error}", code="CONFIG_FILE") from error


def _settings_of(assignments: Iterable[str], unset: Iterable[str] = ()) -> dict[str, Any]:
    """Return what `a.b=value` flags set; values are read as TOML, else they are texts."""
    settings: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            message = f"--set expects KEY=VALUE, was {assignment!r}"
            raise UsageError(message, remedy=f"write --set {key}=2, or --unset {key}")
        _put(settings, key, _as_json(parse_text(text)))
    for key in unset:
        _put(settings, key, None)
    return settings


def _put(settings: dict[str, Any], key: str, value: object) -> None:
    try:
        *outer, last = parse_key(key)
    except ValueError as error:
        raise UsageError(str(error), remedy="write --set size=2") from error
    for part in outer:
        inner = settings.setdefault(part, {})
        if not isinstance(inner, dict):
            message = f"{key}: {part} is a table and a value"
            raise UsageError(message, remedy="set one of them")
        settings = cast("dict[str, Any]", inner)
    settings[last] = value


def _as_json(value: object) -> Any:  # noqa: ANN401 - any value of JSON
    """Return a value of TOML as JSON has it; what JSON does not know is written as text."""
    return json.loads(_encode(value))


def _read_state(file: Path) -> dict[str, Any]:
    """Return a state that was written to a file."""
    try:
        if file.stat().st_size > STATE_BYTES_MAX:
            message = f"{file} is larger than {STATE_BYTES_MAX} bytes"
            raise ConfigError(message, code="CONFIG_FILE")
        found = json.loads(file.read_text())
        base64.b64decode(found.get("encoded", ""), validate=True)
    except (OSError, ValueError, AttributeError) as error:
        message = f"{file} holds no state: {error}"
        remedy = "name a file that `hexdesk strategy save` wrote"
        raise ConfigError(message, code="CONFIG_FILE", remedy=remedy) from error
    return dict(found)


def _write_state(file: Path | None, state: Mapping[str, Any]) -> None:
    if file is None:
        return
    try:
        file.write_text(json.dumps(state, indent=2) + "\n")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error}", code="CONFIG_FILE") from error


# --- tables -------------------------------------------------------------------------------------


def _whole(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """Return a value with whole numbers as such: on the wire every number is a double."""
    if is_table(value):
        return {key: _whole(each) for key, each in value.items()}
    if is_list(value):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _state_table(state: Mapping[str, Any]) -> Table:
    rows = {"strategy": bare(state["strategy"]), "version": state["state_version"],
            "state": json.dumps(_whole(state.get("state") or {}))}  # fmt: skip
    return facts_table("state", rows)


def _change_table(strategy_id: str, done: Mapping[str, Any]) -> Table:
    revision = done["revision"]
    title = f"{strategy_id}: revision {revision}" if revision else f"{strategy_id}: would change"
    rows = [
        (each["path"], each["before"], each["after"], "yes" if each["reloadable"] else "stopped")
        for each in done["changes"]
    ]
    return make_table(title, ("setting", "before", "after", "while it runs"), rows)


def _revision_table(revisions: Iterable[Mapping[str, Any]]) -> Table:
    rows = [
        (str(each["revision"]), when(each.get("create_time", "")), each["author"], each["reason"],
         json.dumps(_whole(each.get("settings") or {})))
        for each in revisions
    ]  # fmt: skip
    return make_table("settings", ("#revision", "time", "by", "why", "settings"), rows)
