"""The file `head`: which segment is the last, so that its loss is noticed.

Every other segment that is missing leaves a gap; the last one would leave none.
"""

import re
from pathlib import Path

from hexdesk_journal.segments import missing, segment_path

NAME = "head"
_BEGUN = re.compile(r"(\d{8})\.seg(\.torn-0.*)?")


def write_head(folder: Path, segment: int) -> None:
    """Note the last segment; it is on the disk already.

    Raises:
        OSError: The medium refuses.
    """
    with (folder / NAME).open("r+b" if (folder / NAME).exists() else "wb") as file:
        file.write(b"%08d\n" % segment)


def check_head(folder: Path) -> None:
    """Find out whether the last segment is missing.

    A head that is not there or not readable says nothing: it is only ever behind.

    Raises:
        DataError: It is.
        OSError: The folder cannot be read.
    """
    try:
        noted = int((folder / NAME).read_text())
    except (FileNotFoundError, ValueError):
        return
    names = (_BEGUN.fullmatch(path.name) for path in folder.iterdir())
    if noted > max((int(match[1]) for match in names if match), default=0):
        raise missing(segment_path(folder, noted), f"the file {NAME}")
