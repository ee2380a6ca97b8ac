"""Each import contract is broken once on purpose, and says so."""

import os
import shutil
import subprocess
import sys
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


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the sources to where a module can be planted."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


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
    package = module.partition(".")[0]
    (folder,) = (each.folder for each in members(tree) if each.package == package)
    target = tree / folder / (module.replace(".", "/") + ".py")
    target.write_text(f'"""Planted."""\n{line}\n')
    assert contract in broken(tree)


def test_only_the_containers_module_may_wire(tree: Path) -> None:
    """C1: dependencies are injected, in one place."""
    containers = tree / "src/app/hexdesk_app/containers.py"
    with containers.open("a") as file:
        file.write("import dependency_injector\n")
    assert "only hexdesk_app.containers wires" not in broken(tree)


def test_every_contract_is_tried() -> None:
    contracts = read(ROOT)["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == {name for name, _, _ in VIOLATIONS}
