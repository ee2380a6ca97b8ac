"""What a bare machine is told, and what it gets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def venv(folder: Path, python: Path) -> subprocess.CompletedProcess[str]:
    """Make an environment as `make` does, with a chosen interpreter."""
    return subprocess.run(
        [ROOT / "scripts/venv", folder],
        env=os.environ | {"PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_venv_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / "stale").touch()
    assert venv(folder, Path(sys.executable)).returncode == 0
    assert (folder / "bin/python").exists()
    assert not (folder / "stale").exists()


@pytest.mark.parametrize(
    ("stub", "remedy"),
    [
        ("exit 1", "needs Python 3.11 or newer"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "apt-get install python3-venv"),
    ],
)
def test_a_python_that_will_not_do_is_named(tmp_path: Path, stub: str, remedy: str) -> None:
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n{stub}\n")
    python.chmod(0o755)
    result = venv(tmp_path / "env", python)
    assert result.returncode == 1
    assert str(python) in result.stderr
    assert remedy in result.stderr
    assert not (tmp_path / "env").exists()
