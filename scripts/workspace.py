"""What the workspace consists of, read from its pyproject files."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Member:
    """One distribution of the workspace."""

    name: str
    """Name of the distribution: `hexdesk-sim`."""
    package: str
    """Import name: `hexdesk_sim`."""
    folder: Path
    """Its folder, relative to the root: `src/adapters/sim`."""
    tests: Path
    """The folder of its tests, likewise: `tests/adapters/sim`."""
    project: dict[str, Any]
    """The `[project]` table."""
    entry_points: frozenset[str]
    """Groups in which it offers plugins."""


def members(root: Path) -> list[Member]:
    """List the members under `root` by name."""
    globs = read(root)["tool"]["uv"]["workspace"]["members"]
    folders = [folder for glob in globs for folder in root.glob(glob)]
    found = [_member(root, folder) for folder in folders if (folder / "pyproject.toml").exists()]
    return sorted(found, key=lambda member: member.name)


def read(folder: Path) -> dict[str, Any]:
    """Read the pyproject file of a folder."""
    return tomllib.loads((folder / "pyproject.toml").read_text())


def _member(root: Path, folder: Path) -> Member:
    document = read(folder)
    relative = folder.relative_to(root)
    return Member(
        name=document["project"]["name"],
        package=document["tool"]["uv"]["build-backend"]["module-name"],
        folder=relative,
        tests=Path("tests", *relative.parts[1:]),
        project=document["project"],
        entry_points=frozenset(document["project"].get("entry-points", ())),
    )
