"""The hash of a run is over that run, also where its journal holds earlier ones."""

from hexdesk.application.clock import VirtualClock
from hexdesk.application.desk import Desk
from hexdesk.application.durability.fingerprint import result_hash
from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.domain.commands import ResumeEntries
from hexdesk.testing.broker_bench import INSTRUMENT


def hash_of(journal: MemoryJournal, reason: str = "new") -> str:
    desk = Desk(run_id="T", instruments=[INSTRUMENT], journal=journal, clock=VirtualClock())
    desk.command(ResumeEntries("a", reason, 2))
    return result_hash(desk)


def test_records_of_earlier_runs_do_not_count() -> None:
    used = MemoryJournal()
    used.append(ResumeEntries("a", "earlier", 1))
    used.commit()
    assert hash_of(used) == hash_of(MemoryJournal())
    assert hash_of(used) != hash_of(MemoryJournal(), "other")
