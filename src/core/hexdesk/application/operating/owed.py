"""Verbs that a broker could not be told: kept, shown, and done once it is back.

What is kept names what is to be so, never orders: which cancels and closes that takes follows from
the open orders and the position of the moment at which they can leave, so that nothing is closed
twice. It is written down, and so outlives the process.
"""

from collections.abc import Callable

from hexdesk.application.alerts import Alert, AlertLog
from hexdesk.application.orders.execution import Execution
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.order import Order
from hexdesk.domain.records import Verb, VerbOwed
from hexdesk.domain.reports import CancelRejected, OrderRejected, OutcomeUnknown, VenueReport
from hexdesk.domain.values import Operation, QtyRaw
from hexdesk.ports.journal import Journal

QUEUED = "VERB_QUEUED"
DONE = "VERB_DONE"
CALLED_OFF = "VERB_CALLED_OFF"
Place = tuple[str, str]
"""Strategy id, and instrument id or nothing for everywhere."""


class OwedVerbs:
    """What one desk owes its operators.

    Attributes:
        unreachable: Names of brokers that no request can be sent to; whoever watches links says so.
        asked: Orders whose cancel a verb asked for, and which.
        closes: Orders that a verb closes with.
    """

    __slots__ = (
        "_alerts", "_broker_name", "_execution", "_journal", "_owed", "_tried", "asked", "closes",
        "unreachable",
    )  # fmt: skip

    def __init__(
        self,
        execution: Execution,
        journal: Journal,
        alerts: AlertLog,
        broker_name: Callable[[StrategyHost], str],
    ) -> None:
        self.unreachable: set[str] = set()
        self.asked: dict[str, Verb] = {}
        self.closes: set[str] = set()
        self._execution = execution
        self._journal = journal
        self._alerts = alerts
        self._broker_name = broker_name
        self._owed: dict[Place, VerbOwed] = {}
        self._tried: dict[Place, tuple[QtyRaw, ...]] = {}

    # --- what is owed --------------------------------------------------------------------------

    def is_cut_off(self, host: StrategyHost) -> bool:
        """Whether nothing can be sent for a strategy now."""
        return bool(self.unreachable) and self._broker_name(host) in self.unreachable

    def add(self, host: StrategyHost, instrument_id: str, verb: Verb, why: str) -> None:
        """Owe a verb; one that is owed already, or is part of one, changes nothing."""
        place = (host.strategy_id, instrument_id)
        for each in (place, (host.strategy_id, "")):
            known = self._owed.get(each)
            if known is not None and (verb is Verb.WITHDRAW or known.verb in (verb, Verb.FLATTEN)):
                return
        self._tried.pop(place, None)
        self._note(VerbOwed(*place, verb, why, self._execution.pulse.now_ns), QUEUED, verb)

    def flattens(self, strategy_id: str, instrument_id: str) -> list[VerbOwed]:
        """Return the flattens that a cancel-all calls off; an empty id stands for all.

        A flatten of all instruments goes on when the cancel-all is of one.
        """
        return [
            owed
            for owed in self._owed.values()
            if owed.verb is Verb.FLATTEN
            and strategy_id in ("", owed.strategy_id)
            and instrument_id in ("", owed.instrument_id)
        ]

    def call_off_flatten(self, strategy_id: str, instrument_id: str) -> None:
        """Owe no flatten any more: a person cancels what closes, too."""
        for owed in self.flattens(strategy_id, instrument_id):
            self._end((owed.strategy_id, owed.instrument_id), CALLED_OFF, "cancel-all was asked")

    def untold(self, order: Order, report: VenueReport) -> None:
        """Take a report that says that a request did not arrive, or perhaps not.

        Where a verb had made the request the verb is owed from now on.
        """
        intent = order.intent
        host = self._execution.hosts[intent.strategy_id]
        if isinstance(report, OutcomeUnknown):
            is_cancel = report.operation is Operation.CANCEL
        elif isinstance(report, CancelRejected | OrderRejected) and report.code == LINK_DOWN:
            is_cancel = isinstance(report, CancelRejected)
        else:
            return
        if intent.client_order_id in (self.asked if is_cancel else self.closes):
            verb = self.asked[intent.client_order_id] if is_cancel else Verb.FLATTEN
            self.add(host, intent.instrument_id, verb, f"{intent.client_order_id}: {report.text}")

    def of(self, broker: str) -> list[VerbOwed]:
        """Return what is owed at a broker, oldest first."""
        hosts = self._execution.hosts
        return [
            owed
            for (strategy_id, _), owed in self._owed.items()
            if strategy_id in hosts and self._broker_name(hosts[strategy_id]) == broker
        ]

    def due(self, owed: VerbOwed, held: tuple[QtyRaw, ...]) -> bool:
        """Whether an owed verb should be done now, by what is held where it concerns.

        Requests whose outcome nobody knows keep it owed. It is done with what is certain at once,
        again when that has changed, and for the last time when nothing is in doubt any more.
        """
        place = (owed.strategy_id, owed.instrument_id)
        host = self._execution.hosts[owed.strategy_id]
        is_doubtful = any(
            order.doubt is not None
            for order in self._execution.open_orders(host, owed.instrument_id)
        )
        if not is_doubtful:
            self._end(place, DONE, "the broker is back")
            return True
        is_new = self._tried.get(place) != held
        self._tried[place] = held
        return is_new

    def forget_closed(self) -> None:
        """Let go of orders that are not open any more."""
        self.asked = {each: self.asked[each] for each in self.asked.keys() & self._execution.open}
        self.closes.intersection_update(self._execution.open)

    # --- notes ---------------------------------------------------------------------------------

    def take(self, note: VerbOwed) -> None:
        """Remember a note, or forget what it ends."""
        place = (note.strategy_id, note.instrument_id)
        if note.verb is None:
            self._owed.pop(place, None)
        else:
            self._owed[place] = note

    def describe(self) -> tuple[VerbOwed, ...]:
        """Return the notes that make it again."""
        return tuple(self._owed.values())

    def _end(self, place: Place, code: str, why: str) -> None:
        verb = self._owed[place].verb
        self._tried.pop(place, None)
        self._note(VerbOwed(*place, None, why, self._execution.pulse.now_ns), code, verb)

    def _note(self, note: VerbOwed, code: str, verb: Verb | None) -> None:
        self._journal.append(note)
        self.take(note)
        self._execution.pulse.is_owed = True
        where = note.instrument_id or "everywhere"
        self._alerts.add(Alert(code, note.strategy_id, f"{verb} {where}: {note.why}", note.ts_init))
