"""A look at both sides is no moment: what a busy desk sends meanwhile is no difference."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from hexdesk.application.desk import Desk
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, MARKET
from hexdesk.ports.journal import JournalReader, JournalRecord
from hexdesk_app.chaos import audit as module
from hexdesk_app.chaos.audit import Audit
from tests.core.application.rig import Rig


class BusySite:
    """A desk that sends an order whenever its journal was opened or read to the end."""

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self.journal: list[JournalRecord] = []
        (folder / "venue").mkdir()
        self._venue_file = folder / "venue" / "venue.jsonl"
        self._venue_file.touch()

    def send(self, *, has_intent: bool = True) -> None:
        """Write an intent, then let the order arrive."""
        self.count += 1
        name = f"K{self.count}"
        if has_intent:
            self.journal.append(NewOrder(name, "s", "a", "X.Y", BUY, MARKET, 1, self.count))
        line = {"kind": "settled", "reports": [["a", ["accepted", name, f"V{self.count}"]]]}
        with self._venue_file.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")

    def open_journal(self, _folder: Path) -> JournalReader:
        """Return itself, as what reads the journal."""
        self.send()
        return cast("JournalReader", self)

    def records(self, after: int) -> Iterator[tuple[int, JournalRecord]]:
        """Yield records after one."""
        yield from list(enumerate(self.journal, 1))[after:]
        self.send()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BusySite:
    site = BusySite(tmp_path)
    desk = Rig().start().desk

    def rebuilt(_reader: JournalReader, _until: int) -> Desk:
        return desk

    monkeypatch.setattr(module, "ACCOUNTS", ())
    monkeypatch.setattr(module, "reader_of", site.open_journal)
    monkeypatch.setattr(module, "rebuilt", rebuilt)
    return site


def test_orders_that_leave_during_a_look_are_no_difference(site: BusySite, tmp_path: Path) -> None:
    audit = Audit(tmp_path, "127.0.0.1:1")
    for _ in range(3):
        assert audit.differences() == []
    assert site.count == 6
    assert audit.records.counts["orders"] == 5


def test_an_order_without_an_intent_is_one(site: BusySite, tmp_path: Path) -> None:
    audit = Audit(tmp_path, "127.0.0.1:1")
    site.send(has_intent=False)
    (found,) = audit.differences()
    assert found == "order K1 is at the venue, and no intent is in the journal"
