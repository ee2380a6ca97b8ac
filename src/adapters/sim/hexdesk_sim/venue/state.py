"""What a venue keeps in a folder, so that it can be killed at any moment and come back.

One file of JSON lines: a header, then accounts as they are opened, and for each operation its
reports together with the orders that they are of. A line is written as a whole before anything of
it is told to anybody (`House.commit`), so that a line cut short by a kill was never heard of and is
dropped. Lines survive the death of the process, not that of the machine: nothing is synced.

The market is not kept: resting orders wait for the first quote.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import Money
from hexdesk.domain.reports import VenueReport
from hexdesk.errors import ConfigError, DataError
from hexdesk_sim.order import SimOrder

FILE_NAME = "venue.jsonl"
VERSION = 1


class Founded(msgspec.Struct, frozen=True, kw_only=True, tag="founded", tag_field="kind"):
    """The first line: what this venue is."""

    version: int
    epoch: str
    position_mode: str
    instruments: list[Instrument]


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag="opened", tag_field="kind"):
    """An account was opened with its deposits."""

    account: str
    deposits: list[Money]


class Settled(msgspec.Struct, frozen=True, kw_only=True, tag="settled", tag_field="kind"):
    """One operation: its reports by account, in order, and its orders as they are afterwards."""

    reports: list[tuple[str, VenueReport]]
    orders: list[SimOrder]


StateLine: TypeAlias = Founded | Opened | Settled
LINE: msgspec.json.Decoder[StateLine] = msgspec.json.Decoder(StateLine)


class StateFile:
    """The lines of one venue; one process writes them."""

    def __init__(self, folder: str, logger: logging.Logger) -> None:
        """Open, or begin, the file of a folder.

        Raises:
            ConfigError: Another venue uses the folder, or it cannot be written.
        """
        self.path = Path(folder).absolute() / FILE_NAME
        self._logger = logger
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(
                f"state: {folder} cannot be used: {error.strerror}",
                code="CONFIG_VALUE",
                remedy="name a folder that this user may write",
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise ConfigError(
                f"state: {folder} is used by another venue",
                code="CONFIG_CONFLICT",
                remedy="stop that one, or name another folder",
            ) from error
        self._size = 0

    def lines(self) -> Iterator[StateLine]:
        """Yield every whole line, then cut off what is behind it; once, before `append`.

        Raises:
            DataError: A line is damaged.
        """
        with os.fdopen(os.dup(self._file), "rb") as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    self._logger.warning("%s: dropped a line cut short by a kill", self.path)
                    break
                try:
                    yield LINE.decode(line)
                except (msgspec.DecodeError, ValueError) as error:
                    raise DataError(
                        f"a damaged line: {error}",
                        file=str(self.path),
                        row=number,
                        remedy="restore the file from a backup, or delete it to begin anew",
                    ) from error
                self._size += len(line)
        os.ftruncate(self._file, self._size)

    def append(self, line: StateLine) -> None:
        """Write a line as a whole.

        Raises:
            OSError: The disk refuses; the file is as it was.
        """
        data = msgspec.json.encode(line) + b"\n"
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(self._file, data[done:], self._size + done)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def close(self) -> None:
        """Let others use the folder; idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
