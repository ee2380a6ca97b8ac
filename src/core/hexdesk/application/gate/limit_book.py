"""Limits of every instrument: as people write them, and as the gate compares with them."""

from collections.abc import Iterable, Mapping

from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.risk import FULL_PCT, RiskLimits, at_stage


class LimitBook:
    """Limits of one desk.

    Attributes:
        default: Of instruments that come up later.
        gate: Ready to compare with, by instrument; gates look here at every order.
        stage_pct: Part of the sizes that holds, in percent, by the latest grant to trade live.
    """

    __slots__ = ("_written", "default", "gate", "stage_pct")

    def __init__(
        self, default: RiskLimits, own: Mapping[str, RiskLimits], instruments: Iterable[Instrument]
    ) -> None:
        self.default = default
        self.gate: dict[str, GateLimits] = {}
        self.stage_pct = FULL_PCT
        self._written: dict[str, tuple[Instrument, RiskLimits]] = {}
        for instrument in instruments:
            self.put(instrument, own.get(instrument.id, default))

    def of(self, instrument_id: str) -> RiskLimits:
        """Return the limits of an instrument, as they hold; KeyError if it is unknown."""
        return at_stage(self._written[instrument_id][1], self.stage_pct)

    def put(self, instrument: Instrument, limits: RiskLimits | None = None) -> None:
        """Let limits hold for an instrument from now on; without any, the default ones.

        Raises:
            ValueError: They make no sense.
        """
        limits = limits or self.default
        self.gate[instrument.id] = GateLimits(at_stage(limits, self.stage_pct), instrument)
        self._written[instrument.id] = (instrument, limits)

    def stage(self, percent: int) -> None:
        """Let a part of all sizes hold from now on, of those that come later, too."""
        if percent != self.stage_pct:
            self.stage_pct = percent
            for instrument, limits in list(self._written.values()):
                self.put(instrument, limits)
