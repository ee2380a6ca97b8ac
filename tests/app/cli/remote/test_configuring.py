"""`hexdesk config reload` says what it did, or that there was nothing to do."""

from hexdesk.ports.control_configuration import ChangeInfo, ReloadPlan
from hexdesk.testing.configuration import FakeKeeper
from tests.app.cli.remote.conftest import ServedDesk

CHANGE = ChangeInfo(path="risk.stage", before="100", after="50", needs_restart=False)
FIXED = ChangeInfo(
    path="desk.mode", before="a", after="b", needs_restart=True, restart_reason="it is so"
)


def test_what_was_done_is_told_from_what_would_be(desk: ServedDesk) -> None:
    keeper = FakeKeeper()
    desk.do(lambda rig: setattr(rig.runtime, "configuration", keeper))
    assert "nothing to change" in desk("config", "reload").out
    keeper.plan = ReloadPlan(changes=(CHANGE,))
    assert "would change" in desk("config", "reload", "--dry-run").out
    assert "revision 2" in desk("config", "reload").out


def test_what_needs_a_restart_says_why(desk: ServedDesk) -> None:
    keeper = FakeKeeper()
    keeper.plan = ReloadPlan(changes=(CHANGE, FIXED))
    desk.do(lambda rig: setattr(rig.runtime, "configuration", keeper))
    assert "| it is so" in desk("config", "diff").out
    refused = desk("config", "reload")
    assert (refused.code, "desk.mode (it is so)" in refused.err) == (6, True)
