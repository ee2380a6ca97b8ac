"""Limits of every instrument: as people write them, and as the gate compares with them."""

from collections.abc import Iterable, Mapping

from hexdesk.application.gate_limits import GateLimits
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.risk import RiskLimits


class LimitBook:
    """Limits of one desk.

    Attributes:
        default: Of instruments that come up later.
        gate: Ready to compare with, by instrument; gates look here at every order.
    """

    __slots__ = ("_written", "default", "gate")

    def __init__(
        self, default: RiskLimits, own: Mapping[str, RiskLimits], instruments: Iterable[Instrument]
    ) -> None:
        self.default = default
        self.gate: dict[str, GateLimits] = {}
        self._written: dict[str, RiskLimits] = {}
        for instrument in instruments:
            self.put(instrument, own.get(instrument.id, default))

    def of(self, instrument_id: str) -> RiskLimits:
        """Return the limits of an instrument; KeyError if it is unknown."""
        return self._written[instrument_id]

    def put(self, instrument: Instrument, limits: RiskLimits | None = None) -> None:
        """Let limits hold for an instrument from now on; without any, the default ones.

        Raises:
            ValueError: They make no sense.
        """
        limits = limits or self.default
        self.gate[instrument.id] = GateLimits(limits, instrument)
        self._written[instrument.id] = limits
