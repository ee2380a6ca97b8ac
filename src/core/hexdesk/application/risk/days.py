"""Trading days: where one ends and the next begins, in the account's own time."""

from datetime import UTC, datetime, timedelta, tzinfo

from hexdesk.domain.values import NS_PER_SECOND, TimeNs

MINUTES_PER_DAY = 1_440


class TradingDays:
    """Days that begin at a minute of the day in a time zone; daylight saving counts."""

    __slots__ = ("_start", "_zone")

    def __init__(self, zone: tzinfo = UTC, start_minute: int = 0) -> None:
        self._zone = zone
        self._start = timedelta(minutes=start_minute)

    def bounds(self, now_ns: TimeNs) -> tuple[TimeNs, TimeNs]:
        """Return when the day of a moment began, and when it ends."""
        local = datetime.fromtimestamp(now_ns // NS_PER_SECOND, self._zone)
        day = (local.replace(tzinfo=None) - self._start).toordinal()
        begin, end = self._begin(day), self._begin(day + 1)
        # Around a change of clocks the hands may show a day that has not begun, or is over.
        if now_ns < begin:
            return self._begin(day - 1), begin
        if now_ns >= end:
            return end, self._begin(day + 2)
        return begin, end

    def _begin(self, ordinal: int) -> TimeNs:
        midnight = datetime.fromordinal(ordinal)
        begin = (midnight + self._start).replace(tzinfo=self._zone)
        return int(begin.timestamp()) * NS_PER_SECOND
