"""The pytest plugin, in a process of its own; it must not depend on its entry point."""

import subprocess
import sys
from pathlib import Path

MODULE = """
import sys

import pytest

from hexdesk.testing.cases import case, check


class TestKit:
    @case("X01")
    def test_x01(self):
        "Passes."

    @case("X02")
    @pytest.mark.parametrize("works", [True, False])
    def test_x02(self, works):
        "Fails once."
        check(works, "it works")

    @case("X03", "teleport")
    def test_x03(self):
        "Is not declared."
        pytest.skip("X03: not declared: teleport")


def test_the_plugin_is_light():
    assert not {"hypothesis", "hexdesk.application.desk"} & set(sys.modules)
"""


def test_summary(tmp_path: Path) -> None:
    (tmp_path / "test_kit.py").write_text(MODULE)
    command = [sys.executable, "-I", "-m", "pytest", "-q", "-p", "hexdesk.testing.plugin"]
    command += ["-p", "no:hypothesispytest", "-p", "no:cacheprovider", "--disable-plugin-autoload"]
    command += ["--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "1 cases passed, failed X02, not declared X03" in done.stdout, done.stdout
    assert "AssertionError: it works" in done.stdout
    assert "2 passed, 1 failed" in done.stdout or "1 failed, 3 passed" in done.stdout


def test_projects_without_kits_see_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("def test_plain(): pass")
    command = [sys.executable, "-I", "-m", "pytest", "-q", "-p", "hexdesk.testing.plugin"]
    command += ["-p", "no:cacheprovider", "--disable-plugin-autoload"]
    command += ["--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "conformance" not in done.stdout
    assert done.returncode == 0, done.stdout
