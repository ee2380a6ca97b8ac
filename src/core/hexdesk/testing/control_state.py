"""Memory in place of the files that a control plane keeps."""

from collections.abc import Sequence

from hexdesk.ports.control_state import (
    AnswerRecord,
    ApprovalRecord,
    AuditEntry,
    StageDay,
    TokenRecord,
)


class FakeAnswerStore:
    """Keeps answers in a list.

    Attributes:
        records: What was written, oldest first.
        is_full: Whether the medium refuses.
    """

    def __init__(self) -> None:
        self.records: list[AnswerRecord] = []
        self.is_full = False

    def load(self) -> list[AnswerRecord]:
        """Return everything."""
        return list(self.records)

    def append(self, record: AnswerRecord) -> None:
        """Keep one more."""
        if self.is_full:
            raise OSError(28, "no space left")
        self.records.append(record)

    def rewrite(self, records: Sequence[AnswerRecord]) -> None:
        """Keep these alone."""
        self.records = list(records)


class FakeAuditStore:
    """Keeps the audit log in a list; attributes as `FakeAnswerStore`."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.is_full = False

    def load(self) -> list[AuditEntry]:
        """Return everything."""
        return list(self.entries)

    def append(self, record: AuditEntry) -> None:
        """Keep one more."""
        if self.is_full:
            raise OSError(28, "no space left")
        self.entries.append(record)


class FakeApprovalStore:
    """Keeps approvals in a list."""

    def __init__(self) -> None:
        self.records: list[ApprovalRecord] = []

    def load(self) -> list[ApprovalRecord]:
        """Return everything."""
        return list(self.records)

    def append(self, record: ApprovalRecord) -> None:
        """Keep one more."""
        self.records.append(record)


class FakeTokenStore:
    """Keeps tokens in a list."""

    def __init__(self) -> None:
        self.records: list[TokenRecord] = []

    def load(self) -> list[TokenRecord]:
        """Return everything."""
        return list(self.records)

    def append(self, record: TokenRecord) -> None:
        """Keep one more."""
        self.records.append(record)


class FakeStageDayStore:
    """Keeps the days of a desk that was armed in a list.

    Attributes:
        records: What was written, oldest first.
        is_full: Whether the medium refuses.
    """

    def __init__(self) -> None:
        self.records: list[StageDay] = []
        self.is_full = False

    def load(self) -> list[StageDay]:
        """Return everything."""
        return list(self.records)

    def append(self, record: StageDay) -> None:
        """Keep one more."""
        if self.is_full:
            raise OSError(28, "no space left")
        self.records.append(record)
