"""What may leave at all: an instrument only shrinks until nothing says so any more."""

from hexdesk.application.alerts import AlertLog
from hexdesk.application.orders.standing import Standing
from hexdesk.application.pulse import Pulse
from hexdesk.domain.commands import ClearReducing, SetReducing


def test_the_end_is_told_when_no_reason_is_left() -> None:
    alerts = AlertLog()
    standing = Standing(alerts, Pulse())
    for code in ("FEED_STALE", "RECON_STALE"):
        standing.reduce(SetReducing("X.Y", code, "why", 1))
    for code in ("OVERFILLED", "FEED_STALE"):
        standing.reduce(ClearReducing("X.Y", code, "over", 2))
    assert [alert.code for alert in alerts.recent] == ["REDUCING", "REDUCING"]
    assert standing.reducing == {"X.Y": {"RECON_STALE": "why"}}
    standing.reduce(ClearReducing("X.Y", "RECON_STALE", "over", 3))
    assert alerts.recent[-1].code == "REDUCING_ENDED"
    assert not standing.reducing
