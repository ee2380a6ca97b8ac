"""Programs that tests start, wherever they lie."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def find_uv() -> str | None:
    """Return uv of the PATH, else the one that `make` installs where there is none."""
    return shutil.which("uv") or shutil.which(ROOT / ".venv-uv/bin/uv")
