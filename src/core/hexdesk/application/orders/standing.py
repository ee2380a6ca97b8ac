"""What a desk lets pass, whatever an order looks like: halts, instruments that only shrink, arming.

Rules about single orders are the risk gate's; these hold for all.
"""

from collections.abc import Callable

from hexdesk.application.alerts import Alert, AlertLog
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.orders.authority import OPERATOR, STRATEGY, Authority
from hexdesk.application.pulse import Pulse
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.domain.commands import ArmLive, ClearReducing, DisarmLive, SetReducing
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import QtyRaw, TimeNs

SUSPECT = "RISK_POSITION_SUSPECT"
DENIAL_CODES = {
    "FEED_STALE": "FEED_STALE",
    "RECON_STALE": "RECON_STALE",
    "POSITION_QUANTITY": SUSPECT,
    "POSITION_PHANTOM": SUSPECT,
    "POSITION_UNOWNED": SUSPECT,
    "POSITION_OPPOSED": SUSPECT,
    "FILL_UNKNOWN_TO_VENUE": SUSPECT,
}
"""What entries are denied with, by the reason for which an instrument may only shrink."""
RUNNING = HostState.RUNNING


class Standing:
    """How a desk stands; changes are written down by whoever makes them.

    Attributes:
        halted: Why nothing may leave; empty when trading.
        reducing: Instruments of which only reducing orders pass: texts by code, by instrument.
        needs_arming: Whether nothing may be opened but until `armed_until_ns`: a live desk.
        armed_until_ns: End of the latest grant.
        is_restricted: Whether any of it may stand in an order's way.
        on_stage: Is told the part of the size limits that a grant allows, in percent.
    """

    __slots__ = (
        "_alerts",
        "_pulse",
        "armed_until_ns",
        "halted",
        "is_restricted",
        "needs_arming",
        "on_stage",
        "reducing",
    )

    def __init__(self, alerts: AlertLog, pulse: Pulse) -> None:
        self.halted = ""
        self.reducing: dict[str, dict[str, str]] = {}
        self.needs_arming = False
        self.armed_until_ns: TimeNs = 0
        self.is_restricted = False
        self.on_stage: Callable[[int], None] | None = None
        self._alerts = alerts
        self._pulse = pulse

    def look(self) -> None:
        """See whether anything is restricted; after attributes were set from outside."""
        self.is_restricted = bool(self.halted or self.reducing or self.needs_arming)

    def begin(self, *, needs_arming: bool) -> None:
        """Begin a run: what was halted stays so, and people are told anew."""
        self.needs_arming = needs_arming
        self.look()
        if self.halted:
            self._alert("HALTED", "desk", self.halted)

    def halt(self, reason: str) -> None:
        """Let nothing but cancels and an operator's closes leave."""
        self.halted = reason
        self._alert("HALTED", "desk", reason)

    def rearm(self, reason: str) -> None:
        """End a halt, if there is one."""
        if self.halted:
            self.halted = ""
            self._alert("HALT_ENDED", "desk", reason)

    def arm(self, change: ArmLive | DisarmLive) -> None:
        """Let a live desk open positions until a time, or no more."""
        if isinstance(change, DisarmLive):
            self.armed_until_ns = 0
            self._alert("LIVE_DISARMED", "desk", f"{change.by}: {change.reason}")
            return
        self.armed_until_ns = change.until_ns
        if self.on_stage is not None:
            self.on_stage(change.stage_pct)
        text = f"{change.by}, {change.stage_pct} %: {change.reason}"
        self._alert("LIVE_ARMED", "desk", text)

    def reduce(self, change: SetReducing | ClearReducing) -> None:
        """Add a reason for reducing an instrument, or take one or all away."""
        codes = self.reducing.get(change.instrument_id, {})
        if isinstance(change, SetReducing):
            self.reducing[change.instrument_id] = {**codes, change.code: change.reason}
            self._alert("REDUCING", change.instrument_id, f"{change.code}: {change.reason}")
        elif codes:
            left = {code: text for code, text in codes.items() if change.code not in ("", code)}
            self.reducing[change.instrument_id] = left
            if not left:
                del self.reducing[change.instrument_id]
                self._alert("REDUCING_ENDED", change.instrument_id, change.reason)

    def denial(
        self,
        host: StrategyHost,
        intent: NewOrder,
        ledger: Ledger,
        rest: QtyRaw,
        authority: Authority,
    ) -> tuple[str, str] | None:
        """Return why an order of which `rest` can be filled may not leave now, or None."""
        if self.halted and authority is not OPERATOR:
            return "RISK_HALTED", f"reason={self.halted!r}"
        if authority is not STRATEGY:
            return None
        if host.state is not RUNNING:
            return "STRATEGY_DISABLED", f"state={host.state.value}"
        is_armed = not self.needs_arming or self._pulse.now_ns < self.armed_until_ns
        if is_armed and host.entries_allowed and intent.instrument_id not in self.reducing:
            return None
        if ledger.is_reducing(intent, rest):
            return None
        if not is_armed:
            return "LIVE_NOT_ARMED", f"armed_until_ns={self.armed_until_ns}"
        if not host.entries_allowed:
            return "RISK_REDUCING", "entries=stopped"
        codes = self.reducing[intent.instrument_id]
        known = (DENIAL_CODES[code] for code in codes if code in DENIAL_CODES)
        text = " ".join(f"{code}={codes[code]!r}" for code in codes)
        return next(known, "RISK_REDUCING"), text

    def _alert(self, code: str, scope: str, text: str) -> None:
        self.look()
        self._alerts.add(Alert(code, scope, text, self._pulse.now_ns))
