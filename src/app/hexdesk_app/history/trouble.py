"""What keeps history from being written: counted, said once, and said when it is over."""

import logging

from hexdesk.errors import DataError

EXPECTED = (OSError, EOFError, DataError)
"""Errors that a line tells; others are told with where they came from."""


class Trouble:
    """Of one feed.

    Attributes:
        text: What is wrong now; empty when nothing is.
        count: How often something was.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self.text = ""
        self.count = 0
        self._logger = logger

    def note(self, error: Exception, text: str = "") -> None:
        """Take an error, in words of its own or in these; what was under way comes again."""
        self.count += 1
        text = text or str(error)
        if text != self.text:
            self.text = text
            self._logger.error(
                "history is not written for now, the desk goes on without: %s", text,
                exc_info=not isinstance(error, EXPECTED),
            )  # fmt: skip

    def end(self, sequence: int) -> None:
        """Say that history is written again, up to a record, if it was not."""
        if self.text:
            self._logger.info("history is written again, up to record %d", sequence)
            self.text = ""
