"""What shipped code may contain."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from scripts.workspace import Member, members

ROOT = Path(__file__).parents[2]
MEMBERS = members(ROOT)
LINES_MAX = 500
CONTRACT = {"msgspec"}  # a plugin's settings are Structs: the core brings the library along
BROAD = {"Exception", "BaseException"}


def modules(member: Member) -> Iterator[Path]:
    """Walk the modules of a member."""
    yield from (ROOT / member.folder / member.package).rglob("*.py")


MODULES = [path for member in MEMBERS for path in modules(member)]


def imports(tree: ast.Module) -> Iterator[str]:
    """Walk the names of all packages that a module imports, wherever it does so."""
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case _:
                pass


def normal(name: str) -> str:
    """Return the normal form of a distribution's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def undeclared(text: str, member: Member, providers: dict[str, list[str]]) -> set[str]:
    """Return the packages that a module imports without its member declaring them."""
    extras = member.project.get("optional-dependencies", {}).values()
    requirements = [*member.project["dependencies"], *(text for extra in extras for text in extra)]
    declared = {normal(re.split(r"[^\w.-]", text, maxsplit=1)[0]) for text in requirements}
    declared |= {member.name, *CONTRACT}
    return {
        package
        for package in imports(ast.parse(text))
        if package not in sys.stdlib_module_names
        and not declared & {normal(each) for each in providers.get(package, [package])}
    }


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_member_imports_only_what_it_declares(member: Member) -> None:
    providers = {package: list(found) for package, found in packages_distributions().items()}
    wrong = {path: undeclared(path.read_text(), member, providers) for path in modules(member)}
    assert {path: found for path, found in wrong.items() if found} == {}


def test_an_undeclared_import_is_found() -> None:
    (core,) = (member for member in MEMBERS if member.name == "hexdesk")
    text = "import json, pluggy\ndef f():\n    import aiohttp.web\n"
    assert undeclared(text, core, {"aiohttp": ["aiohttp"]}) == {"aiohttp"}


def test_modules_stay_readable() -> None:
    by_hand = [path for path in MODULES if "_pb2" not in path.name]
    sizes = {str(path): len(path.read_text().splitlines()) for path in by_hand}
    assert {path: size for path, size in sizes.items() if size > LINES_MAX} == {}


def blemishes(text: str) -> Iterator[str]:
    """Walk what `-O` would drop and what hides a failure."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Assert():
                yield f"line {node.lineno}: assert (use require)"
            case ast.ExceptHandler(type=None | ast.Name(), body=[ast.Pass() | ast.Continue()]):
                if not isinstance(node.type, ast.Name) or node.type.id in BROAD:
                    yield f"line {node.lineno}: swallows every error"
            case _:
                pass


def test_nothing_is_asserted_or_swallowed() -> None:
    """A24: no error is caught without a word."""
    found = {str(path): list(blemishes(path.read_text())) for path in MODULES}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "assert True",
        "try: f()\nexcept: pass",
        "try: f()\nexcept Exception: pass",
        "for _ in x:\n try: f()\n except BaseException: continue",
    ],
)
def test_a_blemish_is_found(text: str) -> None:
    assert list(blemishes(text))
