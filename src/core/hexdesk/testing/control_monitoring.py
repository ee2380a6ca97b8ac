"""What watches a desk, as a test makes it up."""

from msgspec.structs import replace

from hexdesk.ports.control_monitoring import (
    AlarmInfo,
    Alarms,
    LogLevelInfo,
    PerformanceInfo,
    SilenceInfo,
)


class FakeAlarms:
    """Implements `Alarms` in memory.

    Attributes:
        known: Alarms, by number.
        silenced: Silences, by rule and place.
    """

    def __init__(self, *alarms: AlarmInfo) -> None:
        self.known = {each.number: each for each in alarms}
        self.silenced: dict[tuple[str, str], SilenceInfo] = {}

    def shown(self) -> tuple[AlarmInfo, ...]:
        """Return every alarm."""
        return tuple(self.known.values())

    def silences(self) -> tuple[SilenceInfo, ...]:
        """Return every silence."""
        return tuple(self.silenced.values())

    def acknowledge(self, number: int, by: str) -> None:
        """Note who knows."""
        self.known[number] = replace(self.known[number], acknowledged_by=by)

    def silence(self, silence: SilenceInfo) -> None:
        """Note a silence."""
        self.silenced[silence.code, silence.scope] = silence

    def unsilence(self, code: str, scope: str) -> None:
        """Forget a silence."""
        self.silenced.pop((code, scope), None)


class FakeMonitor:
    """Implements `Monitor` in memory.

    Attributes:
        levels: Of loggers, by name.
        report: What is answered to who asks how fast the desk is.
    """

    def __init__(self, alarms: Alarms | None = None) -> None:
        self.alarms = alarms
        self.levels: dict[str, str] = {"": "info"}
        self.report = PerformanceInfo(
            measured_ns=0, latencies=(), throughputs=(), gauges=(), comparisons=()
        )

    def performance(self) -> PerformanceInfo:
        """Return what a test said."""
        return self.report

    def log_levels(self) -> tuple[LogLevelInfo, ...]:
        """Return all levels."""
        return tuple(LogLevelInfo(logger, level) for logger, level in self.levels.items())

    def set_log_level(self, logger: str, level: str) -> None:
        """Note a level."""
        self.levels[logger] = level
