"""Each import contract is broken once on purpose, and says so."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.workspace import members, read

ROOT = Path(__file__).parents[2]
LAYERS = "app > adapters, strategies > core, api; no plugin knows another"
WIRE = "only the gRPC adapter and the client know the wire format"
PURE = "domain, desk, strategies: no I/O, no clock"
VIOLATIONS = [
    (LAYERS, "hexdesk.ports.planted", "import hexdesk_app"),
    (LAYERS, "hexdesk_sim.planted", "import hexdesk_app"),
    (LAYERS, "hexdesk_sim.planted", "import hexdesk_replay"),
    (LAYERS, "hexdesk_ema_cross.planted", "import hexdesk_market_making"),
    ("hexagon", "hexdesk.domain.planted", "import hexdesk.ports"),
    ("hexagon", "hexdesk.plugin.planted", "import hexdesk.application"),
    ("hexagon", "hexdesk.application.planted", "import hexdesk.connection"),
    ("hexagon", "hexdesk.planted", ""),
    ("only the app and the kit run use cases", "hexdesk_sim.planted", "import hexdesk.application"),
    ("no plugin ships the kit", "hexdesk_sim.planted", "import hexdesk.testing"),
    (WIRE, "hexdesk_sim.planted", "import hexdesk_api"),
    (WIRE, "hexdesk_app.planted", "import hexdesk_api"),
    ("the core knows no framework", "hexdesk.ports.planted", "import aiohttp"),
    ("pluggy stays in hexdesk.plugin and the loader", "hexdesk.domain.planted", "import pluggy"),
    ("pluggy stays in hexdesk.plugin and the loader", "hexdesk_sim.planted", "import pluggy"),
    (PURE, "hexdesk.domain.planted", "import time"),
    (PURE, "hexdesk.application.planted", "import asyncio"),
    (PURE, "hexdesk_ema_cross.planted", "from random import random"),
    ("only hexdesk_app.containers wires", "hexdesk_app.planted", "import dependency_injector"),
    ("the app names no plugin", "hexdesk_app.planted", "import hexdesk_sim"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the sources to where a module can be planted."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@contextmanager
def planted(tree: Path, module: str, line: str) -> Generator[None]:
    """Let a module end with a line, and be as before; one that is not there is there meanwhile."""
    package = module.partition(".")[0]
    (folder,) = (each.folder for each in members(tree) if each.package == package)
    target = tree / folder / (module.replace(".", "/") + ".py")
    before = target.read_text() if target.exists() else ""
    target.write_text(f'{before}\n"""Planted."""\n{line}\n')
    try:
        yield
    finally:
        if before:
            target.write_text(before)
        else:
            target.unlink()


def broken(tree: Path) -> set[str]:
    """Lint the imports of a tree and return the contracts that it breaks."""
    sources = os.pathsep.join(str(tree / member.folder) for member in members(tree))
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": sources},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in result.stdout, result.stdout + result.stderr
    return {
        line.partition(" BROKEN")[0] for line in result.stdout.splitlines() if " BROKEN" in line
    }


def test_the_tree_as_it_is_breaks_none(tree: Path) -> None:
    assert broken(tree) == set()


@pytest.mark.parametrize(("contract", "module", "line"), VIOLATIONS)
def test_a_planted_import_breaks_its_contract(
    tree: Path, contract: str, module: str, line: str
) -> None:
    with planted(tree, module, line):
        assert contract in broken(tree)


def test_only_the_containers_module_may_wire(tree: Path) -> None:
    """C1: dependencies are injected, in one place."""
    with planted(tree, "hexdesk_app.containers", "import dependency_injector"):
        assert "only hexdesk_app.containers wires" not in broken(tree)


def test_every_contract_is_tried() -> None:
    contracts = read(ROOT)["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == {name for name, _, _ in VIOLATIONS}
