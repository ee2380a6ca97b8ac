"""The venue behind the server: engine, numbered reports, and who listens to the market.

Everything here is synchronous: a request is executed as a whole before the next one is read.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import (
    Bar,
    BookUpdate,
    InstrumentStatus,
    MarketEvent,
    Quote,
    Trade,
)
from hexdesk.domain.money import Money, currency_scale, parse_money, pow10
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderUpdated,
    VenueReport,
)
from hexdesk.errors import ConfigError
from hexdesk.ports.clock import Clock
from hexdesk_sim.engine import Venue
from hexdesk_sim.venue.reports import ReportLog
from hexdesk_sim.venue.settings import VenueServerSettings
from hexdesk_sim.venue.wire import Answer

DEFAULT_DEPOSIT = 10_000
"""Of each settlement currency."""
ACCOUNT_LENGTH_MAX = 80
SUBMIT_ANSWERS = (OrderAccepted, OrderRejected)
AMEND_ANSWERS = (OrderUpdated, AmendRejected)
CANCEL_ANSWERS = (OrderCanceled, CancelRejected)

MarketListener = Callable[[MarketEvent], None]


class RefusedError(Exception):
    """The venue does not even look at a request.

    Attributes:
        status: Of HTTP.
        code: Normalised reject code.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class House:
    """A venue with its accounts and listeners.

    Attributes:
        epoch: Names this life of the venue; report numbers start anew in the next one.
        instruments: All that is listed, by id.
        clock: Venue time.
        venue: The engine.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        settings: VenueServerSettings,
        seed: int,
    ) -> None:
        """Open the venue, without accounts.

        Raises:
            ConfigError: A deposit is no amount.
        """
        self.epoch = f"{clock.now_ns():x}-{seed}"
        self.instruments = instruments
        self.clock = clock
        self.venue = Venue(instruments, clock, settings, seed=seed)
        self._accounts: dict[str, ReportLog] = {}
        self._accounts_max = settings.accounts_max
        self._reports_max = settings.reports_max
        self._deposits = _deposits(settings.deposits, instruments.values())
        self._listeners: dict[str, set[MarketListener]] = {}
        self._latest: dict[tuple[str, type], MarketEvent] = {}

    def account(self, account_id: str) -> ReportLog:
        """Return an account's reports; its first use opens it.

        Raises:
            RefusedError: The id is none, or there are too many accounts.
        """
        log = self._accounts.get(account_id)
        if log is not None:
            return log
        if not account_id.isascii() or not account_id.isprintable() or not account_id.strip():
            raise RefusedError(400, "VENUE_AUTH", "account: expected printable ASCII")
        if len(account_id) > ACCOUNT_LENGTH_MAX:
            raise RefusedError(400, "VENUE_AUTH", f"account: longer than {ACCOUNT_LENGTH_MAX}")
        if len(self._accounts) >= self._accounts_max:
            raise RefusedError(403, "VENUE_PERMISSION", f"accounts_max={self._accounts_max}")
        log = self._accounts[account_id] = ReportLog(self._reports_max)
        self.venue.open_account(account_id, log.add, self._deposits)
        return log

    # --- requests ----------------------------------------------------------------------------

    def submit(self, order: NewOrder) -> Answer:
        """Take a new order; one whose client order id is known changes nothing."""
        log = self.account(order.account_id)
        found = self.venue.order(order.account_id, order.client_order_id)
        if found is not None:
            return Answer(epoch=self.epoch, order=found)
        before = log.sequence
        self.venue.submit(order)
        return self._answer(log, before, order.client_order_id, SUBMIT_ANSWERS)

    def amend(self, account_id: str, request: AmendOrder) -> Answer:
        """Take an amendment."""
        log = self.account(account_id)
        before = log.sequence
        self.venue.amend(account_id, request)
        return self._answer(log, before, request.client_order_id, AMEND_ANSWERS)

    def cancel(self, account_id: str, request: CancelOrder) -> Answer:
        """Take a cancel."""
        log = self.account(account_id)
        before = log.sequence
        self.venue.cancel(account_id, request)
        return self._answer(log, before, request.client_order_id, CANCEL_ANSWERS)

    def _answer(
        self,
        log: ReportLog,
        before: int,
        client_order_id: str,
        kinds: tuple[type[VenueReport], ...],
    ) -> Answer:
        """Return the first report of a kind that a request made."""
        for number, report in enumerate(log.after(before, log.sequence - before), before + 1):
            if report.client_order_id == client_order_id and isinstance(report, kinds):
                return Answer(epoch=self.epoch, sequence=number, report=report)
        return Answer(epoch=self.epoch)

    # --- market ------------------------------------------------------------------------------

    def publish(self, events: Iterable[MarketEvent]) -> None:
        """Match, then tell the listeners; the time of all events is now."""
        for event in events:
            now = self.clock.now_ns()
            stamped = _stamped(event, now)
            self._match(stamped)
            for listener in self._listeners.get(event.instrument_id, ()):
                listener(stamped)

    def listed(self) -> list[Instrument]:
        """Return all instruments, each with its present status."""
        return [self._present(instrument) for instrument in self.instruments.values()]

    def listen(self, instrument_id: str, listener: MarketListener, *, latest: bool) -> bool:
        """Call a listener with each event, also the last ones now; False if it is not listed."""
        if instrument_id not in self.instruments:
            return False
        self._listeners.setdefault(instrument_id, set()).add(listener)
        for kind in (InstrumentStatus, Quote) if latest else ():
            last = self._latest.get((instrument_id, kind))
            if last is not None:
                listener(last)
        return True

    def unlisten(self, instrument_id: str, listener: MarketListener) -> None:
        """Call a listener no more."""
        self._listeners.get(instrument_id, set()).discard(listener)

    def _present(self, instrument: Instrument) -> Instrument:
        status = self._latest.get((instrument.id, InstrumentStatus))
        if not isinstance(status, InstrumentStatus):
            return instrument
        return msgspec.structs.replace(instrument, status=status.status)

    def _match(self, event: MarketEvent) -> None:
        match event:
            case Quote():
                self.venue.on_quote(event)
            case Trade():
                self.venue.on_trade(event)
            case BookUpdate():
                self.venue.on_book(event)
            case InstrumentStatus():
                self.venue.on_status(event)
            case Bar():
                return
        self._latest[event.instrument_id, type(event)] = event


def _stamped(event: MarketEvent, now: int) -> MarketEvent:
    if isinstance(event, Bar):  # ends when it ended
        return msgspec.structs.replace(event, ts_init=now)
    return msgspec.structs.replace(event, ts_event=now, ts_init=now)


def _deposits(texts: tuple[str, ...], instruments: Iterable[Instrument]) -> tuple[Money, ...]:
    try:
        given = tuple(parse_money(text) for text in texts)
    except ValueError as error:
        raise ConfigError(f"deposits: {error}", code="CONFIG_VALUE") from error
    currencies = sorted({instrument.settle for instrument in instruments})
    return given or tuple(
        Money(DEFAULT_DEPOSIT * pow10(currency_scale(currency)), currency)
        for currency in currencies
    )
