"""Writes a report so that a reader never finds half of one."""

import os
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

    Raises:
        ReportError: The disk is full, or the place cannot be written.
    """
    page = render_page(result, look).encode()
    target = path.absolute()
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(FILE_MODE)
        temporary.replace(target)
    except OSError as error:
        _remove(temporary)
        raise ReportError(
            f"the report cannot be written to {path}: {error.strerror or error}",
            remedy=f"free {len(page)} bytes there or choose another place with --report FILE",
        ) from error
    return target


def _remove(temporary: Path | None) -> None:
    """Take the unfinished file away where that is still possible."""
    if temporary is not None:
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            return
