"""Adds rows, many with one statement.

SQLite works without the interpreter's lock, but takes and returns it with each statement. Row by
row that is a wait for the desk's thread a row; so rows go together, by powers of two.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from hexdesk_sqlite.schema import insert

PARAMETERS_MAX = 999
"""Values that every build of SQLite takes in one statement."""
COUNTS = (64, 32, 16, 8, 4, 2, 1)


class Insert:
    """Adds rows to one table."""

    def __init__(self, name: str, columns: tuple[str, ...], key: tuple[str, ...] = ()) -> None:
        """Add rows with these columns; with a key they replace the rows of that key."""
        self._texts = [
            (count, insert(name, columns, key, count))
            for count in COUNTS
            if count * len(columns) <= PARAMETERS_MAX
        ]

    def add(self, connection: sqlite3.Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows, in order.

        Raises:
            OverflowError: An integer is beyond 64 bits; rows before it may have been added.
            sqlite3.Error: The file cannot be written.
        """
        waiting = list(rows)
        begin = 0
        for count, text in self._texts:
            while begin + count <= len(waiting):
                connection.execute(text, [*chain.from_iterable(waiting[begin : begin + count])])
                begin += count
