"""Fresh environments made of wheels: what a user gets, with nothing of this checkout in reach."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.workspace import members as workspace_members
from tests.programs import find_uv

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 240


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    def run(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, with no variable that leads back to this checkout."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        binaries = self.folder / "bin"
        return subprocess.run(
            [str(binaries / command[0]), *command[1:]],
            cwd=folder or self.folder,
            env={**kept, "PATH": f"{binaries}:/usr/bin:/bin", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )


def fresh_environment(
    folder: Path,
    *,
    members: Sequence[str],
    distributions: Sequence[Path] = (),
    extras: Sequence[str] = (),
) -> Environment:
    """Build wheels of workspace members and other folders, and install them with dependencies.

    Skips the test where uv is missing or no package index answers.
    """
    uv = find_uv()
    if uv is None:
        pytest.skip("no uv here to build wheels with")
    wheels = folder / "wheels"
    named = {member.name: ROOT / member.folder for member in workspace_members(ROOT)}
    for source in (*(named[name] for name in members), *distributions):
        built = _run(uv, "build", "--wheel", "--quiet", "--out-dir", str(wheels), str(source))
        assert built.returncode == 0, built.stderr
    home = folder / "environment"
    made = _run(uv, "venv", "--quiet", "--python", sys.executable, str(home))
    assert made.returncode == 0, made.stderr
    command = [uv, "pip", "install", "--quiet", "--python", str(home / "bin/python")]
    installed = _run(*command, *map(str, sorted(wheels.glob("*.whl"))), *extras)
    if installed.returncode:
        text = installed.stderr.lower()
        if "failed to fetch" in text or "connect" in text or "dns" in text:
            pytest.skip(f"no package index answers: {installed.stderr.strip()[-200:]}")
        raise AssertionError(installed.stderr)
    return Environment(home)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
