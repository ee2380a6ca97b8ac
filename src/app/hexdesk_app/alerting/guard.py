"""A dead man's switch beside a desk: alarms when its heartbeat ends without a goodbye.

A desk that stops in good order takes its heartbeat away; one that was killed, or hangs, leaves it
to grow old. The guard is another process, so that it can tell.
"""

from hexdesk.application.alerts import Alert
from hexdesk.domain.values import TimeNs
from hexdesk_app.running.heartbeat import Beat

GONE = "DESK_GONE"
BACK = "DESK_BACK"
STEP_S = 0.5
AFTER_S = 10.0
"""A heartbeat, which comes every second, is missed when it is so old."""


class Guard:
    """Judges what is found of a heartbeat, look by look.

    Attributes:
        is_gone: Whether a desk is missed.
    """

    def __init__(self, after_s: float) -> None:
        self.is_gone = False
        self._after_s = after_s

    def look(self, found: tuple[Beat, float] | None, now_ns: TimeNs) -> Alert | None:
        """Return what is to be told; nothing found means that no desk is expected."""
        if found is None:
            return None
        beat, age_s = found
        if age_s <= self._after_s:
            was_gone, self.is_gone = self.is_gone, False
            text = f"run {beat.run_id} beats again, process {beat.pid}"
            return Alert(BACK, beat.name, text, now_ns) if was_gone else None
        if self.is_gone:
            return None
        self.is_gone = True
        text = f"no heartbeat for {age_s:.0f} s: run {beat.run_id}, process {beat.pid}"
        return Alert(GONE, beat.name, f"{text}, was killed or hangs", now_ns)
