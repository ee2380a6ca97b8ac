"""Checks of the machine; the machine is this one, or made worse."""

import os
import shutil
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from hexdesk.ports.control_checks import CheckOutcome
from hexdesk_app.doctor import machine
from hexdesk_app.doctor.machine import (
    check_clock,
    check_disk,
    check_folder,
    check_packages,
    check_python,
    try_folder,
)

PASSED, WARNED, FAILED = CheckOutcome.PASSED, CheckOutcome.WARNED, CheckOutcome.FAILED


def test_this_machine_runs_hexdesk() -> None:
    """D43: a list that is looked through by itself."""
    assert check_python().outcome is PASSED
    assert check_packages().outcome is PASSED
    assert check_clock().outcome is not FAILED


def test_an_older_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PYTHON_MIN", (9, 0))
    assert check_python().outcome is FAILED


def test_what_a_package_needs_must_be_there(site_with_gap: str) -> None:
    found = check_packages()
    assert found.outcome is FAILED
    assert site_with_gap in found.text
    assert "versions are mixed" in found.text


@pytest.fixture
def site_with_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    info = tmp_path / "hexdesk_gap-9.9.dist-info"
    info.mkdir()
    lines = (
        "Metadata-Version: 2.1",
        "Name: hexdesk-gap",
        "Version: 9.9",
        "Requires-Dist: nothing-of-that-name>=1",
        'Requires-Dist: extra; extra == "x"',
    )
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert any(each.name == "hexdesk-gap" for each in distributions())
    return "hexdesk-gap needs nothing-of-that-name, which is not installed"


@pytest.mark.parametrize(
    ("free_mib", "outcome"), [(10_000, PASSED), (1_000, WARNED), (100, FAILED)]
)
def test_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mib: int, outcome: CheckOutcome
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free_mib * 1_048_576)

    def found_usage(_place: Path) -> object:
        return usage

    monkeypatch.setattr(shutil, "disk_usage", found_usage)
    found = check_disk(tmp_path / "not" / "yet")
    assert found.outcome is outcome
    assert f"{free_mib:,} MiB" in found.text


def test_a_folder_is_written_and_left_as_it_was(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "a" / "b"):
        assert try_folder(folder).outcome is check_folder(folder).outcome is PASSED
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    found = try_folder(tmp_path / "file")
    assert found.outcome is FAILED
    assert str(tmp_path / "file") in found.text
    monkeypatch.setattr(os, "access", closed)
    assert check_folder(tmp_path).outcome is FAILED


def closed(_path: Path, _mode: int) -> bool:
    return False
