"""Files that the control plane keeps in the state folder: one JSON document a line, append-only.

Each line is written at once and survives the end of the process. A last line without its end was
being written when the process died: it is taken away. Any other damage is an error, never skipped.
"""

import os
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from hexdesk.errors import DataError
from hexdesk.ports.control_state import (
    AnswerRecord,
    ApprovalRecord,
    AuditEntry,
    StageDay,
    TokenRecord,
)

R = TypeVar("R", bound=msgspec.Struct)

FOLDER = "control"
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


class LineFile(Generic[R]):
    """Records of one kind; nobody else on the machine may read them."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        self._path = path
        self._kind = kind
        self._encode = msgspec.json.Encoder().encode
        self._close: Callable[[], object] | None = None
        self._file = -1

    def load(self) -> list[R]:
        """Return all records, oldest first; none where there is no file.

        Raises:
            DataError: A line is damaged.
            OSError: The file cannot be read.
        """
        if not self._path.exists():
            return []
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self._path, whole)
        decoder = msgspec.json.Decoder(self._kind)
        records: list[R] = []
        for row, line in enumerate(content[:whole].splitlines(), 1):
            try:
                records.append(decoder.decode(line))
            except msgspec.DecodeError as error:
                raise DataError(
                    str(error),
                    file=str(self._path),
                    row=row,
                    remedy="keep the file as evidence, and move it away to begin a new one",
                ) from error
        return records

    def append(self, record: R) -> None:
        """Keep one more.

        Raises:
            OSError: The medium refuses.
        """
        line = self._encode(record) + b"\n"
        if self._close is None:
            self._open()
        written = os.write(self._file, line)
        if written != len(line):
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(28, "the medium took only a part", str(self._path))

    def rewrite(self, records: Sequence[R]) -> None:
        """Keep these alone; the file before stays whole until the new one stands.

        Raises:
            OSError: The medium refuses.
        """
        if not records and not self._path.exists():
            return
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in records))
        fresh.chmod(_PRIVATE_FILE)
        fresh.replace(self._path)
        if self._close is not None:
            self._close()  # what is open is the file before
            self._close = None

    def _open(self) -> None:
        """Open the file for as long as this object lives: opening costs more than a line."""
        self._path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE_FILE)
        self._file, self._close = file, weakref.finalize(self, os.close, file)


def answer_file(state_path: Path) -> LineFile[AnswerRecord]:
    """Return where answers to repeated requests are kept."""
    return LineFile(state_path / FOLDER / "answers.jsonl", AnswerRecord)


def audit_file(state_path: Path) -> LineFile[AuditEntry]:
    """Return where the audit log is kept."""
    return LineFile(state_path / FOLDER / "audit.jsonl", AuditEntry)


def approval_file(state_path: Path) -> LineFile[ApprovalRecord]:
    """Return where is kept what waits for a second person."""
    return LineFile(state_path / FOLDER / "approvals.jsonl", ApprovalRecord)


def stage_day_file(state_path: Path) -> LineFile[StageDay]:
    """Return where the days of a desk that was armed are kept."""
    return LineFile(state_path / FOLDER / "stage_days.jsonl", StageDay)


def token_file(state_path: Path) -> LineFile[TokenRecord]:
    """Return where tokens are kept."""
    return LineFile(state_path / FOLDER / "tokens.jsonl", TokenRecord)
