"""The file `head`: which segment is the last, so that its loss is noticed.

Every other segment that is missing leaves a gap; the last one would leave none.
"""

import os
import re
from pathlib import Path

from hexdesk.errors import DataError
from hexdesk_journal.segments import LESS, segment_path

NAME = "head"
_BEGUN = re.compile(r"(\d{8})\.seg(\.torn-0.*)?")


def write_head(folder: Path, segment: int) -> None:
    """Note the last segment; it is on the disk already.

    Raises:
        OSError: The medium refuses.
    """
    fd = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(b"%08d\n" % segment)


def read_head(folder: Path) -> int:
    """Return the number of the last segment as noted, 0 if nothing readable is.

    Raises:
        OSError: It cannot be read.
    """
    try:
        return int((folder / NAME).read_text())
    except (FileNotFoundError, ValueError):
        return 0


def check_head(folder: Path) -> None:
    """Find out whether the last segment is missing.

    A head that is not there or not readable says nothing: it is only ever behind.

    Raises:
        DataError: It is.
        OSError: The folder cannot be read.
    """
    noted = read_head(folder)
    names = (_BEGUN.fullmatch(path.name) for path in folder.iterdir())
    if noted > max((int(match[1]) for match in names if match), default=0):
        raise DataError(
            f"missing, as the file {NAME} shows",
            file=str(segment_path(folder, noted)),
            remedy=f"restore it from a backup; without one move the file `{NAME}` away: {LESS}",
        )
