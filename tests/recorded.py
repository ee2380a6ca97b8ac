"""Where the recorded market data lies, and the mark of tests that need it."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("HEXDESK_DATA") or Path(__file__).parents[2] / "shared/data")

needs_data = pytest.mark.skipif(
    not (DATA / "instruments.json").is_file(),
    reason=f"no recorded market data in {DATA} (set HEXDESK_DATA to its folder)",
)
