"""Writes a report so that a reader never finds half of one."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from hexdesk.errors import HexdeskError
from hexdesk_app.display.look import PLAIN_LOOK, Look
from hexdesk_app.report.page import render_page
from hexdesk_app.result import RunResult

FILE_MODE = 0o644


class ReportError(HexdeskError):
    """A report cannot be written; the run itself is done."""

    code = "REPORT_WRITE"


def write_report(result: RunResult, path: Path, look: Look = PLAIN_LOOK) -> Path:
    """Write the report of a run and return its absolute path.

    It is written beside its place and renamed, so that a full disk leaves an older report as it is.
    What is no file, a pipe or a device, is written to as it stands; a link stays one.

    Raises:
        ReportError: The disk is full, or the place cannot be written.
    """
    page = render_page(result, look).encode()
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            target.write_bytes(page)
        else:
            _write_whole(target, page)
    except OSError as error:
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise ReportError(
            f"the report cannot be written to {path}: {error.strerror or error}",
            remedy=f"free {len(page)} bytes there, or choose another place with --report FILE"
            if is_full
            else "choose another place with --report FILE",
        ) from error
    return path.absolute()


def _write_whole(target: Path, page: bytes) -> None:
    """Write a file that is seen only when all of it is on the disk."""
    temporary: Path | None = None
    try:
        with NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(FILE_MODE)
        temporary.replace(target)
    except OSError:
        _remove(temporary)
        raise


def _remove(temporary: Path | None) -> None:
    """Take the unfinished file away where that is still possible."""
    if temporary is not None:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
