"""Every verb that people were promised is there; all speak JSON."""

from collections.abc import Iterator

import click
import pytest

from hexdesk_app.cli.app import COMPLETE_VARIABLE, command
from tests.app.cli.conftest import Run

AREAS = {
    "running": (
        "run", "paper", "live", "live arm", "live disarm", "status", "logs",
        "history orders", "why",
    ),
    "strategies": (
        "strategy list", "strategy load", "strategy init", "strategy start", "strategy pause",
        "strategy resume", "strategy stop", "strategy unload", "strategy reload",
        "strategy params",
    ),
    "trading": (
        "order buy", "order sell", "order long", "order short", "order flat", "order check",
        "orders", "orders resolve", "cancel", "cancel-all", "trades", "positions", "balance",
        "pnl",
    ),
    "safety": (
        "stop-entries", "stop", "flatten", "halt", "risk rules", "risk presets", "risk report",
        "risk explain", "risk rearm", "reconcile", "roll-trading-day",
    ),
    "operations": (
        "events", "token create", "token list", "token revoke", "approvals list",
        "approvals approve", "approvals deny", "certs init", "doctor", "audit",
    ),
}  # fmt: skip


def verbs(parent: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(parent, click.Group) or parent.invoke_without_command:
        yield path, parent
    if isinstance(parent, click.Group):
        context = click.Context(parent)
        for name in parent.list_commands(context):
            found = parent.get_command(context, name)
            assert found is not None
            yield from verbs(found, f"{path} {name}".strip())


VERBS = dict(verbs(command))


@pytest.mark.parametrize("area", AREAS)
def test_every_verb_of_an_area_is_there(area: str) -> None:
    assert set(AREAS[area]) <= set(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_speaks_json(name: str) -> None:
    options = {option for parameter in VERBS[name].params for option in parameter.opts}
    assert {"--json", "--quiet"} <= options


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_and_option_explains_itself(hexdesk: Run, name: str) -> None:
    verb = VERBS[name]
    options = [each for each in verb.params if isinstance(each, click.Option)]
    assert [each.opts for each in options if not each.help] == []
    answer = hexdesk(*name.split(), "--help")
    assert (answer.code, answer.err) == (0, "")
    text = (verb.help or "").split("\n\n", maxsplit=1)[0]
    assert text.endswith("."), "its first sentence says what it does"
    assert " ".join(text.split())[:40] in " ".join(answer.out.split())


@pytest.mark.parametrize("name", ["status", "orders", "positions", "trades", "balance", "pnl"])
def test_what_changes_can_be_watched(name: str) -> None:
    (watch,) = (each for each in VERBS[name].params if "--watch" in each.opts)
    with VERBS[name].make_context(name, ["--watch"]) as context:
        assert context.params[str(watch.name)] == 2.0


# --------------------------------------------------------------------------------------------------
# Completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_to_complete(hexdesk: Run, shell: str) -> None:
    answer = hexdesk("completion", shell)
    assert (answer.code, COMPLETE_VARIABLE in answer.out) == (0, True)
    assert hexdesk("completion", shell, "--json").data["shell"] == shell


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("hexdesk stra", {"strategy"}),
        ("hexdesk live ", {"arm", "disarm"}),
        ("hexdesk order flat --dry", {"--dry-run"}),
        ("hexdesk live arm x --stage ", {"10", "25", "50", "100"}),
    ],
)
def test_verbs_options_and_choices_are_offered(
    hexdesk: Run, monkeypatch: pytest.MonkeyPatch, words: str, offered: set[str]
) -> None:
    monkeypatch.setenv(COMPLETE_VARIABLE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    answer = hexdesk()
    assert answer.code == 0
    assert {line.partition(",")[2] for line in answer.out.splitlines()} == offered
