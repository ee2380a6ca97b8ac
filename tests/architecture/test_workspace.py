"""The lists that no tool can derive agree with the members that exist."""

import re
from pathlib import Path
from typing import Any

import pytest

from scripts.workspace import Member, members, read

ROOT = Path(__file__).parents[2]
MEMBERS = members(ROOT)
WORKSPACE = read(ROOT)
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract for contract in WORKSPACE["tool"]["importlinter"]["contracts"]
}
PACKAGES = {member.package for member in MEMBERS}
PLUGINS = PACKAGES - {"hexdesk", "hexdesk_api", "hexdesk_app", "hexdesk_client"}
STRATEGIES = {member.package for member in MEMBERS if "hexdesk.strategies" in member.entry_points}


def names(requirements: list[str]) -> set[str]:
    """Return the distributions that requirements ask for."""
    return {re.split(r"[^\w-]", requirement, maxsplit=1)[0] for requirement in requirements}


def test_every_member_is_a_source_and_a_dependency_of_the_root() -> None:
    expected = {member.name for member in MEMBERS}
    assert set(WORKSPACE["tool"]["uv"]["sources"]) == expected
    assert set(WORKSPACE["project"]["dependencies"]) == expected


def test_every_package_is_linted() -> None:
    assert set(WORKSPACE["tool"]["importlinter"]["root_packages"]) == PACKAGES


def test_the_contracts_list_every_plugin() -> None:
    core = {
        f"hexdesk.{path.stem}"
        for path in (ROOT / "src/core/hexdesk").iterdir()
        if path.suffix in {"", ".py"} and not path.name.startswith("_")
    }
    layers = CONTRACTS["app > adapters, strategies > core, api; no plugin knows another"]["layers"]
    assert set(layers[1].split(" | ")) == PLUGINS | {"hexdesk_client"}
    assert set(CONTRACTS["the app names no plugin"]["forbidden_modules"]) == PLUGINS
    wires = set(CONTRACTS["only hexdesk_app.containers wires"]["source_modules"])
    assert wires == PACKAGES - {"hexdesk"}
    pluggy = set(CONTRACTS["pluggy stays in hexdesk.plugin and the loader"]["source_modules"])
    assert pluggy == (core - {"hexdesk.plugin"}) | PLUGINS
    pure = set(CONTRACTS["domain, desk, strategies: no I/O, no clock"]["source_modules"])
    assert pure == {"hexdesk.application", "hexdesk.domain"} | STRATEGIES


def test_the_core_needs_pluggy_and_msgspec_alone() -> None:
    (core,) = (member for member in MEMBERS if member.name == "hexdesk")
    assert names(core.project["dependencies"]) == {"pluggy", "msgspec"}


def test_a_strategy_needs_the_core_alone() -> None:
    for member in MEMBERS:
        if member.package in STRATEGIES:
            assert names(member.project["dependencies"]) == {"hexdesk"}, member.name


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_member_is_whole(member: Member) -> None:
    assert member.package == member.name.replace("-", "_")
    assert (ROOT / member.folder / member.package / "py.typed").exists()
    assert (ROOT / member.tests / "__init__.py").exists()
    family = [text for text in member.project["dependencies"] if text.startswith("hexdesk")]
    assert all(re.search(r">=[\d.]+,<[\d.]+$", text) for text in family), "ranges, never =="


def test_demo_and_image_choose_from_the_members() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", "")
    demo = re.search(r"^DEMO_MEMBERS := (.*)$", makefile, re.MULTILINE)
    image = re.search(r'^ARG PLUGINS="(.*)"$', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert demo
    assert image
    assert set(demo[1].split()) <= {str(member.folder) for member in MEMBERS}
    assert set(image[1].split()) <= {member.name for member in MEMBERS}
