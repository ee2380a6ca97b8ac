"""Examples in the documentation work: files are loaded, code runs, commands exist, output is real.

Needs every member installed.
"""

import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from hexdesk_app.cli.app import command
from hexdesk_app.config import Sources, load_config
from hexdesk_app.resolve import resolve
from tests.architecture.docs import Block, blocks

BROKER = ("built-in", '[brokers.sim]\nplugin = "sim"\n')
"""For examples of strategies alone."""


@pytest.mark.parametrize("block", [each for each in blocks("toml") if not each.name], ids=str)
def test_a_configuration_loads(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "plugins.toml"
    file.write_text(block.text)
    needs_broker = "[strategies." in block.text and "[brokers." not in block.text
    sources = Sources(files=(file,), built_in=(BROKER,) if needs_broker else ())
    resolve(load_config(sources), needs_secrets=False)


@pytest.mark.parametrize("block", [each for each in blocks("toml") if each.name], ids=str)
def test_another_file_is_toml(block: Block) -> None:
    assert tomllib.loads(block.text)


@pytest.mark.parametrize("block", [each for each in blocks("python") if not each.name], ids=str)
def test_code_runs(block: Block) -> None:
    exec(compile(block.text, str(block), "exec"), {"__name__": "documentation"})  # noqa: S102 - our own examples


def test_the_distribution_that_is_built_by_hand_passes_its_tests(tmp_path: Path) -> None:
    files = [each for each in blocks("python") if each.name]
    assert "acme_channel/__init__.py" in {each.name for each in files}
    for each in files:
        place = tmp_path / each.name
        place.parent.mkdir(exist_ok=True)
        place.write_text(each.text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cases passed" in done.stdout


def commands() -> list[tuple[Block, str]]:
    return [
        (block, line.removeprefix("$ "))
        for block in blocks("console")
        for line in block.text.splitlines()
        if line.startswith("$ hexdesk")
    ]


@pytest.mark.parametrize("line", sorted({line for _, line in commands()}))
def test_a_command_is_understood(line: str) -> None:
    """Verbs, options and their values are right; nothing is run."""
    words = shlex.split(line)[1:]
    group: click.Command = command
    context = click.Context(command, info_name="hexdesk")
    while isinstance(group, click.Group) and (words or not group.invoke_without_command):
        name, found, words = group.resolve_command(context, words)
        assert found is not None, line
        context = click.Context(found, info_name=name, parent=context)
        group = found
    group.make_context(group.name, words)


def hexdesk(line: str, folder: Path) -> str:
    """Run a command in a process of its own, without settings of ours; return its output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEXDESK")}
    program = str(Path(sys.executable).with_name("hexdesk"))
    done = subprocess.run(
        [program, *shlex.split(line)[1:]],
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_backtest_works(tmp_path: Path) -> None:
    lines = {line for _, line in commands() if line.startswith("hexdesk backtest --data sample")}
    assert lines
    for line in lines:
        assert "ema_cross" in hexdesk(line, tmp_path)


def test_the_first_page_shows_what_the_demo_prints(tmp_path: Path) -> None:
    """To renew it, paste what of the summary is the same on every machine, as the assertion shows.

    Equal inputs give equal results: only a change of what hexdesk decides changes this excerpt.
    """
    (shown,) = [block.text for block in blocks("text") if block.name == "demo"]
    output = hexdesk("hexdesk demo --speed 0 --no-table --report ''", tmp_path)
    begin, end = output.index("**Strategies**"), output.index("**Accounts**")
    assert shown.strip() == output[begin:end].strip()
