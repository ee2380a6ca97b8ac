"""Keeps values of secrets out of everything that is written or sent for people to read.

Every value that `Secret.reveal` gave is remembered by this process, and `redact` takes it out of a
text: of log lines, incidents, spans and alerts, wherever it came from, also out of an URL or the
words of a library's exception.
"""

from urllib.parse import quote, quote_plus

MASK = "***"
LENGTH_MIN = 6
"""Shorter values would mask ordinary words; nothing worth the name of a secret is so short."""
REVEALED_MAX = 1_000
"""Values remembered; a process that reveals more has keys that rotate, and the oldest are void."""

_revealed: dict[str, None] = {}


def remember(value: str) -> None:
    """Take a value out of every text from now on, also where it is escaped as in an URL."""
    for each in {value, quote(value), quote(value, safe=""), quote_plus(value)}:
        if len(each) >= LENGTH_MIN and each not in _revealed:
            while len(_revealed) >= REVEALED_MAX:
                _revealed.pop(next(iter(_revealed)), None)
            _revealed[each] = None


def redact(text: str) -> str:
    """Return a text without any value of a secret; what is no Unicode is shown as escapes.

    An exception may quote bytes that a venue sent: no encoder takes them, and the line were lost.
    """
    for each in tuple(_revealed):
        if each in text:
            text = text.replace(each, MASK)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
