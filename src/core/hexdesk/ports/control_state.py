"""What a control plane keeps over a restart: answers, the audit log, tokens, approvals.

All are append-only lists of records; files in the state folder keep them, or memory in tests
(`hexdesk.testing.control_state`).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import Scope


class AnswerRecord(msgspec.Struct, frozen=True, array_like=True):
    """The answer to a repeated request.

    Attributes:
        subject: Whose request.
        request_id: Their key.
        digest: Of the request; empty takes the key back.
        answer: msgpack; empty while the request is carried out.
        ts_ns: When it was asked.
    """

    subject: str
    request_id: str
    digest: str
    answer: bytes
    ts_ns: TimeNs


class AnswerStore(Protocol):
    """Keeps answers."""

    def load(self) -> Iterable[AnswerRecord]:
        """Return what was kept, oldest first; a torn end is left out."""
        ...

    def append(self, record: AnswerRecord) -> None:
        """Keep one more; it survives the end of the process.

        Raises:
            OSError: The medium refuses.
        """
        ...

    def rewrite(self, records: Sequence[AnswerRecord]) -> None:
        """Keep these alone.

        Raises:
            OSError: The medium refuses.
        """
        ...


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One call that changed something, or tried to; texts are JSON where they hold values."""

    number: int
    ts_ns: TimeNs
    subject: str
    peer: str
    method: str
    request: str
    outcome: str
    before: str = ""
    after: str = ""
    hash: str = ""


class TokenRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A token; a later record of the same name replaces it. `digest` is SHA-256 of the secret."""

    name: str
    digest: str
    scopes: tuple[Scope, ...]
    create_ns: TimeNs
    expire_ns: TimeNs
    revoke_ns: TimeNs = 0
    author: str = ""


class TokenStore(Protocol):
    """Keeps tokens."""

    def load(self) -> Iterable[TokenRecord]:
        """Return all records, oldest first."""
        ...

    def append(self, record: TokenRecord) -> None:
        """Keep one more, safe against the end of the process.

        Raises:
            OSError: The medium refuses.
        """
        ...


class ApprovalState(StrEnum):
    """Where a call stands that needs a second person."""

    PENDING = "pending"
    APPROVED = "approved"
    USED = "used"
    EXPIRED = "expired"
    DENIED = "denied"


class ApprovalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A call that needs a second person; a later record of the same number replaces it.

    `request` is JSON; `digest` tells it from every other one, whatever its `request_id`.
    """

    number: int
    state: ApprovalState
    method: str
    request: str
    digest: str
    requested_by: str
    create_ns: TimeNs
    expire_ns: TimeNs
    approved_by: str = ""


class ApprovalStore(Protocol):
    """Keeps approvals."""

    def load(self) -> Iterable[ApprovalRecord]:
        """Return all records, oldest first."""
        ...

    def append(self, record: ApprovalRecord) -> None:
        """Keep one more, safe against the end of the process.

        Raises:
            OSError: The medium refuses.
        """
        ...


class StageDay(msgspec.Struct, frozen=True, kw_only=True):
    """A trading day of a desk that was armed; a later record of the same begin replaces it.

    Attributes:
        begin_ns: When it began.
        end_ns: When it ends.
        stage_pct: The highest stage that it was armed at.
        is_traded: Whether anything was filled.
        incidents: What was critical, as codes with their scope.
    """

    begin_ns: TimeNs
    end_ns: TimeNs
    stage_pct: int
    is_traded: bool = False
    incidents: tuple[str, ...] = ()


class StageDayStore(Protocol):
    """Keeps the days of a desk that was armed."""

    def load(self) -> Iterable[StageDay]:
        """Return all records, oldest first."""
        ...

    def append(self, record: StageDay) -> None:
        """Keep one more, safe against the end of the process.

        Raises:
            OSError: The medium refuses.
        """
        ...


class AuditStore(Protocol):
    """Keeps the audit log."""

    def load(self) -> Iterable[AuditEntry]:
        """Return all entries, oldest first."""
        ...

    def append(self, record: AuditEntry) -> None:
        """Keep one more, safe against the end of the process.

        Raises:
            OSError: The medium refuses.
        """
        ...
