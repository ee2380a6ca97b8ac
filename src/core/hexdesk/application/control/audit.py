"""The audit log: every call that changed something, or tried to, in a chain of hashes.

Each entry holds the hash over the entry before and itself, so that one that is changed or taken out
shows; the newest hash, kept elsewhere, proves the whole log.
"""

from collections.abc import Sequence
from hashlib import sha256
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from hexdesk.application.control.discretion import request_text
from hexdesk.application.control.listing import Listing
from hexdesk.application.control.numbered import Numbered
from hexdesk.domain.values import TimeNs
from hexdesk.errors import HexdeskError
from hexdesk.ports.control import Caller, ControlError, Mutation, Page, Pause, Reason
from hexdesk.ports.control_requests import ListAuditEntries
from hexdesk.ports.control_state import AuditEntry, AuditStore

ENTRIES_MAX = 10_000
"""Entries kept at hand; the store keeps all."""
FIRST_HASH = "0" * 64
DONE = "ok"
"""Outcome of what was carried out."""


class Audit:
    """Writes the log of one desk.

    Attributes:
        entries: The latest.
        is_failing: Whether the last entry could not be written.
    """

    def __init__(self, store: AuditStore) -> None:
        """Go on where an earlier run ended.

        Raises:
            ControlError: The log that is there does not hold together.
        """
        self.entries = Numbered[AuditEntry](ENTRIES_MAX)
        self.is_failing = False
        self._listing = Listing[ListAuditEntries, AuditEntry, AuditEntry](
            self.entries, attrgetter("ts_ns"), _itself
        )
        self._store = store
        self._last = FIRST_HASH
        self._number = 0
        for entry in store.load():
            problem = chain_problem(self._number, self._last, entry)
            if problem:
                raise ControlError(
                    Reason.STORE_UNWRITABLE,
                    f"the audit log is damaged at entry {entry.number}: {problem}",
                    remedy="keep the file as evidence and begin a new one",
                )
            self._take(entry)

    def write(
        self,
        caller: Caller,
        mutation: Mutation[Any],
        *,
        outcome: str,
        before: str = "",
        after: str = "",
        now_ns: TimeNs,
    ) -> None:
        """Append an entry.

        Raises:
            ControlError: It cannot be written.
        """
        entry = AuditEntry(
            number=self._number + 1,
            ts_ns=now_ns,
            subject=caller.subject,
            peer=caller.peer,
            method=type(mutation).__name__,
            request=request_text(mutation, is_done=outcome == DONE),
            outcome=outcome,
            before=before,
            after=after,
        )
        entry = replace(entry, hash=entry_hash(self._last, entry))
        try:
            self._store.append(entry)
        except (OSError, HexdeskError) as error:
            self.is_failing = True
            raise ControlError(
                Reason.STORE_UNWRITABLE,
                f"the audit log cannot be written: {error}",
                remedy="free space in the state folder",
            ) from error
        self.is_failing = False
        self._take(entry)

    async def page(self, query: ListAuditEntries, pause: Pause) -> Page[AuditEntry]:
        """Return entries, newest first."""
        return await self._listing.page(query, pause)

    def _take(self, entry: AuditEntry) -> None:
        self._number, self._last = entry.number, entry.hash
        self.entries.add(entry)


def entry_hash(before: str, entry: AuditEntry) -> str:
    """Return SHA-256 over the hash of the entry before and everything an entry says."""
    body = msgspec.json.encode(replace(entry, hash=""))
    return sha256(before.encode() + body).hexdigest()


def chain_problem(number: int, last: str, entry: AuditEntry) -> str:
    """Return why an entry cannot follow another, or an empty string."""
    if entry.number != number + 1:
        return f"expected number {number + 1}, was {entry.number}"
    if entry.hash != entry_hash(last, entry):
        return "its hash is not that of its content"
    return ""


def verify(entries: Sequence[AuditEntry]) -> str:
    """Return what is wrong with a whole log, or an empty string."""
    number, last = 0, FIRST_HASH
    for entry in entries:
        problem = chain_problem(number, last, entry)
        if problem:
            return f"entry {entry.number}: {problem}"
        number, last = entry.number, entry.hash
    return ""


def _itself(_query: ListAuditEntries, entry: AuditEntry) -> AuditEntry:
    return entry


def json_of(value: object) -> str:
    """Return a value as JSON for people and programs."""
    return msgspec.json.encode(value).decode()
