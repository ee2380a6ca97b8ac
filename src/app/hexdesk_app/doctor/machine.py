"""Checks of the machine: Python, packages, clock, disk, folders."""

import ctypes
import os
import platform
import re
import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution, distributions
from pathlib import Path

from hexdesk.ports.control_checks import CheckInfo, CheckOutcome

PASSED, WARNED = CheckOutcome.PASSED, CheckOutcome.WARNED
FAILED, SKIPPED = CheckOutcome.FAILED, CheckOutcome.SKIPPED

PYTHON_MIN = (3, 11)
FREE_BYTES_MIN = 200 * 1_048_576
"""Below it a desk has no room for its journal: about a day of a busy one."""
FREE_BYTES_LOW = 2_048 * 1_048_576
MIB = 1_048_576
_REQUIREMENT = re.compile(r"[\w.-]+")
_UNSYNCHRONISED = 5
"""What adjtimex(2) returns where nothing keeps the clock."""
_TIMEX_BYTES = 512
"""More than `struct timex` has on any machine; zeros ask and change nothing."""


def check_python() -> CheckInfo:
    """Say whether this Python is new enough."""
    found = f"{platform.python_implementation()} {platform.python_version()}"
    is_new = sys.version_info >= PYTHON_MIN
    wanted = ".".join(map(str, PYTHON_MIN))
    return CheckInfo(
        code="PYTHON",
        title=f"Python {wanted} or newer",
        outcome=PASSED if is_new else FAILED,
        text=found,
        remedy="" if is_new else f"install Python {wanted} and make a new environment",
    )


def check_packages() -> CheckInfo:
    """Say whether hexdesk's own packages fit each other, and all that they need is there."""
    own = {
        each.name: each for each in distributions() if re.match(r"hexdesk(-|$)", each.name or "")
    }
    versions = sorted({each.version for each in own.values()})
    problems = [f"versions are mixed: {', '.join(versions)}"] if len(versions) > 1 else []
    for name, each in sorted(own.items()):
        for requirement in each.requires or ():
            wanted = _REQUIREMENT.match(requirement)
            if wanted is not None and ";" not in requirement and not _is_there(wanted[0]):
                problems.append(f"{name} needs {wanted[0]}, which is not installed")
    return CheckInfo(
        code="PACKAGES",
        title="Packages are whole and of one version",
        outcome=FAILED if problems else PASSED,
        text="; ".join(problems) or f"{len(own)} packages of hexdesk, {', '.join(versions)}",
        remedy="pip install --upgrade all of them together" if problems else "",
    )


def _is_there(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def check_clock() -> CheckInfo:
    """Say whether something keeps this machine's clock, as the kernel knows (adjtimex(2))."""
    title = "The clock is kept right"
    try:
        library = ctypes.CDLL(None)
        state: int = library.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return CheckInfo(
            code="CLOCK", title=title, outcome=SKIPPED, text="this system cannot be asked"
        )
    if state < 0:
        return CheckInfo(code="CLOCK", title=title, outcome=SKIPPED, text="it may not be asked")
    is_kept = state != _UNSYNCHRONISED
    return CheckInfo(
        code="CLOCK",
        title=title,
        outcome=PASSED if is_kept else WARNED,
        text="" if is_kept else "the kernel knows of nothing that synchronises it",
        remedy="" if is_kept else "run chrony or systemd-timesyncd; venues refuse a wrong clock",
    )


def check_disk(folder: Path) -> CheckInfo:
    """Say whether there is room for a journal."""
    place = _nearest(folder)
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return CheckInfo(
            code="DISK_FREE", title="Room on the disk", outcome=SKIPPED, text=str(error)
        )
    outcome = PASSED if free >= FREE_BYTES_LOW else WARNED if free >= FREE_BYTES_MIN else FAILED
    return CheckInfo(
        code="DISK_FREE",
        title="Room on the disk",
        outcome=outcome,
        text=f"{free // MIB:,} MiB free at {place}, expected {FREE_BYTES_LOW // MIB:,}",
        remedy="" if outcome is PASSED else "free some, or move desk.state_path",
    )


def check_folder(folder: Path) -> CheckInfo:
    """Say whether the state folder may be written, without writing: on a desk's own loop."""
    place = _nearest(folder)
    return _folder(folder, "" if os.access(place, os.W_OK | os.X_OK) else f"{place} is closed")


def try_folder(folder: Path) -> CheckInfo:
    """Write a file into the state folder, down to the disk, and take it away."""
    try:
        with tempfile.NamedTemporaryFile(dir=_nearest(folder), prefix=".hexdesk-doctor-") as file:
            file.write(b"\0")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return _folder(folder, f"{error.filename or folder}: {error.strerror}")
    return _folder(folder, "")


def _folder(folder: Path, problem: str) -> CheckInfo:
    return CheckInfo(
        code="STATE_FOLDER",
        title="The state folder can be written",
        outcome=FAILED if problem else PASSED,
        text=problem or str(folder),
        remedy="give this user the right to write there, or set desk.state_path" if problem else "",
    )


def _nearest(folder: Path) -> Path:
    """Return a folder, or the one above it where it is to be made."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if each.exists()), folder)
