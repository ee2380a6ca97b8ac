"""Writes a plugin of a stranger: a whole distribution out of the templates beside this module.

Template files end in `.tmpl`, so that no tool takes them for code of this project. In their names
`package` stands for the new one and `dot_` for a dot, in their texts `$package`, `$Package` and
`$distribution`.
"""

import keyword
import re
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Literal

import msgspec

from hexdesk import __version__
from hexdesk_app.plugins import installed
from hexdesk_app.problems import UsageError

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NAME_LENGTH_MAX = 40
SUFFIX = ".tmpl"
Kind = Literal["strategy", "adapter"]


class ScaffoldError(UsageError):
    """A plugin cannot be written under that name or in that place."""

    code = "NEW"


class Scaffold(msgspec.Struct, frozen=True):
    """What was written; `files` are relative to `folder`."""

    folder: Path
    plugin: str
    files: list[str]


def write_scaffold(kind: str, name: str, into: Path) -> Scaffold:
    """Write a new distribution into a folder of its own and return what was written.

    Raises:
        ScaffoldError: The name cannot be a package's or is taken, or the folder exists.
    """
    package = name.replace("-", "_")
    problem = _name_problem(package)
    if problem:
        raise ScaffoldError(f"{name!r} {problem}", remedy="choose a name as acme_trend")
    distribution = package.replace("_", "-")
    folder = into / distribution
    if folder.exists() or folder.is_symlink():
        raise ScaffoldError(
            f"{folder} exists; nothing is overwritten",
            remedy=f"choose another name, or delete it: rm -r {folder}",
        )
    major, minor, _ = __version__.split(".", 2)
    words = {
        "package": package,
        "Package": "".join(part.capitalize() for part in package.split("_")),
        "distribution": distribution,
        "version": f"{major}.{minor}",
        "next_version": f"{major}.{int(minor) + 1}",
    }
    root = files("hexdesk_app.scaffold")
    texts: dict[str, str] = {}
    for part in ("common", kind):
        texts |= _render(root.joinpath(part), words)
    try:
        _write(folder, texts)
    except OSError as error:
        raise ScaffoldError(
            f"{folder} cannot be written: {error.strerror or error}",
            remedy="name a writable folder with --into FOLDER",
        ) from error
    return Scaffold(folder, package, sorted(texts))


def _name_problem(package: str) -> str:
    """Return why a name cannot be a plugin's, or an empty string."""
    if not NAME.fullmatch(package) or len(package) > NAME_LENGTH_MAX:
        return f"is no name: lower-case letters, digits and _, at most {NAME_LENGTH_MAX}"
    if keyword.iskeyword(package) or package in sys.stdlib_module_names:
        return "is a word of Python"
    if package.startswith("hexdesk") or package == "tests":
        return "is hexdesk's own"
    offers = [offer.distribution for offer in installed() if offer.name == package]
    if offers:
        return f"is offered by {offers[0]} already"
    if find_spec(package) is not None:
        return "is the name of an installed package"
    return ""


def _render(folder: Traversable, words: dict[str, str], prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for entry in folder.iterdir():
        name = entry.name.replace("package", words["package"]).replace("dot_", ".")
        if entry.is_dir():
            texts |= _render(entry, words, f"{prefix}{name}/")
        elif name.endswith(SUFFIX):
            text = Template(entry.read_text("utf-8")).substitute(words)
            texts[prefix + name.removesuffix(SUFFIX)] = text
    return texts


def _write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
