"""Unexpected errors: the traceback goes to a file, its reader gets an id instead."""

import hashlib
import logging
import re
import traceback
from pathlib import Path

from hexdesk.errors import HexdeskError
from hexdesk.plugin.redaction import redact

LOGGER = logging.getLogger(__name__)
_ADDRESS = re.compile(r"0x[0-9a-f]+")


class InternalError(HexdeskError):
    """A bug: something that no part of hexdesk foresaw."""

    code = "INTERNAL"


def record_incident(error: BaseException, folder: Path | None = None) -> InternalError:
    """Keep a traceback and return the error to show."""
    digest, place = keep_traceback(error, folder)
    return InternalError(
        f"unexpected {type(error).__name__}: {redact(str(error))} (incident {digest})",
        remedy=f"the traceback is in {place}; please report it",
    )


def keep_traceback(error: BaseException, folder: Path | None = None) -> tuple[str, str]:
    """Write a traceback to a file; return its incident's id and where to find it.

    The id is a digest of the traceback, so the same fault has the same id. Where no file can be
    written the log takes it.
    """
    text = redact("".join(traceback.format_exception(error)))
    digest = hashlib.blake2s(_ADDRESS.sub("0x", text).encode(), digest_size=4).hexdigest()
    place = _write(text, digest, folder)
    if place is None:
        LOGGER.error("incident %s\n%s", digest, text)
    return digest, str(place or "the log above")


def _write(text: str, digest: str, folder: Path | None) -> Path | None:
    from platformdirs import user_log_path

    try:
        place = (folder or user_log_path("hexdesk", appauthor=False)) / f"incident-{digest}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    except OSError:
        return None
    return place
