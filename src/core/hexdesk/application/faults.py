"""What code of others may raise, and how it is told: in one line, and as a whole in the log."""

import logging
import re
from collections.abc import Iterator
from hashlib import blake2b
from traceback import walk_tb

from hexdesk.application.gate.soundness import plain_text

FAULTS = (Exception, SystemExit)
"""What a plugin may raise without harm to anybody else; an interrupt is the user's."""
TEXT_LENGTH_MAX = 500
INCIDENT_BYTES = 4
OWN_PACKAGE = "hexdesk."

LOGGER = logging.getLogger("hexdesk.incident")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?(?:[/\\][^/\\\s'\":]+)+(?=[/\\])")


def describe(error: BaseException, whose: str = "") -> str:
    """Return an error in one line, and log its traceback under the incident id that ends the line.

    The line is journalled and compared: it names files without their folders and no addresses, so
    that it is the same wherever the same code fails. The traceback may name anything; logging it
    changes nothing that a desk decides.

    Args:
        error: What was raised.
        whose: Strategy or broker, for the log.
    """
    text = f"{type(error).__name__}: {_clean(_text_of(error))}"
    calls = list(_calls(error))
    own = [call for call, module in calls if not f"{module}.".startswith(OWN_PACKAGE)]
    place = (own or [call for call, _ in calls] or ["no code of its own"])[-1]
    digest = blake2b(digest_size=INCIDENT_BYTES)
    for line in (text, *(call for call, _ in calls)):
        digest.update(plain_text(line).encode() + b"\n")
    incident = digest.hexdigest()
    LOGGER.error("incident %s%s", incident, f" of {whose}" if whose else "", exc_info=error)
    return plain_text(f"{text} ({place}, incident {incident})")


def _calls(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield each call from the outermost to the one that raised, and its module's name."""
    for frame, line in walk_tb(error.__traceback__):
        code = frame.f_code
        file = re.split(r"[/\\]", code.co_filename)[-1]
        yield f"{file}:{line} in {code.co_name}", str(frame.f_globals.get("__name__", ""))


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:TEXT_LENGTH_MAX]
    except FAULTS:
        return "its text cannot be shown"


def _clean(text: str) -> str:
    """Return a text without what differs from one process or machine to the next."""
    return _FOLDERS.sub("…", _ADDRESS.sub("0x…", text))
