"""The audit log: every mutation and every refusal, chained."""

import json

import pytest
from msgspec.structs import replace

from hexdesk.application.control.audit import verify
from hexdesk.ports.control import (
    ControlError,
)
from hexdesk.ports.control_requests import (
    Halt,
    ResumeEntries,
    StopEntries,
)
from tests.core.application.control.every_request import outcome
from tests.core.application.control.rig import ADMIN, READER, ControlRig


def test_every_mutation_and_every_refusal_is_written_down(rig: ControlRig) -> None:
    rig.tell(Halt(reason="fire"))
    outcome(rig, Halt(), READER)
    entries = rig.audit.entries
    assert [(each.method, each.subject) for each in entries] == [("Halt", "ann"), ("Halt", "bob")]
    assert entries[0].outcome == "ok"
    assert entries[1].outcome.startswith("SCOPE_MISSING")
    assert json.loads(entries[0].before)["state"] == "running"
    assert json.loads(entries[0].after)["state"] == "halted"
    assert json.loads(entries[0].request)["reason"] == "fire"
    assert entries[0].peer == ADMIN.peer


def test_a_changed_entry_shows(rig: ControlRig) -> None:
    for _ in range(3):
        rig.tell(StopEntries())
    assert verify(rig.audit.entries) == ""
    forged = [*rig.audit.entries]
    forged[1] = replace(forged[1], subject="mallory")
    assert "entry 2" in verify(forged)
    assert "entry 3" in verify([rig.audit.entries[0], rig.audit.entries[2]])
    rig.audit.entries = forged
    with pytest.raises(ControlError, match="damaged at entry 2"):
        rig.make_control()


def test_the_log_goes_on_after_a_restart(rig: ControlRig) -> None:
    rig.tell(StopEntries())
    rig.control = rig.make_control()
    rig.tell(ResumeEntries())
    assert [each.number for each in rig.audit.entries] == [1, 2]
    assert verify(rig.audit.entries) == ""
