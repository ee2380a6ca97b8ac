"""The venue behind the server: engine, numbered reports, and who listens to the market.

Everything here is synchronous: a request is executed as a whole before the next one is read.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import (
    Bar,
    BookUpdate,
    FundingRate,
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
from hexdesk.domain.values import TRAILING_STOP, PriceRaw
from hexdesk.errors import ConfigError, DataError
from hexdesk.ports.clock import Clock
from hexdesk_sim.engine import Venue
from hexdesk_sim.holdings import VenueAccount
from hexdesk_sim.order import SimOrder
from hexdesk_sim.past import put_back
from hexdesk_sim.venue.reports import ReportLog
from hexdesk_sim.venue.restore import book_executions, last_number
from hexdesk_sim.venue.settings import VenueServerSettings
from hexdesk_sim.venue.state import VERSION, Founded, Opened, Settled, StateFile, StateLine
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
        logger: logging.Logger,
    ) -> None:
        """Make the venue; `open` begins its life, or goes on with the one of its state folder.

        Raises:
            ConfigError: A deposit is no amount, or the state folder is not to be used.
        """
        self.epoch = f"{clock.now_ns():x}-{seed}"
        self.instruments = instruments
        self.clock = clock
        self.venue = Venue(instruments, clock, settings, seed=seed)
        self.venue.count_from(clock.now_ns())
        self._logger = logger
        self._unkept: list[tuple[str, VenueReport]] = []
        self._moved: list[SimOrder] = []
        self._trails: dict[str, dict[int, PriceRaw]] = {}
        self._state = StateFile(settings.state, logger) if settings.state else None
        self._accounts: dict[str, ReportLog] = {}
        self._accounts_max = settings.accounts_max
        self._reports_max = settings.reports_max
        self._deposits = _deposits(settings.deposits, instruments.values())
        self._listeners: dict[str, set[MarketListener]] = {}
        self._latest: dict[tuple[str, type], MarketEvent] = {}

    def open(self) -> None:
        """Take up the accounts of the state folder; once, before anything else.

        Not while it is made: a long life takes its time to read.

        Raises:
            ConfigError: It is the folder of another venue.
            DataError: What it holds is damaged.
        """
        if self._state is None:
            return
        try:
            self._restore(self._state)
        except BaseException:
            self.close()
            raise

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
        if self._state is not None:
            self._state.append(Opened(account=account_id, deposits=list(self._deposits)))
        self._open(account_id, self._deposits)
        return self._accounts[account_id]

    def _open(self, account_id: str, deposits: Iterable[Money]) -> VenueAccount:
        log = self._accounts[account_id] = ReportLog(self._reports_max)
        deliver = log.add if self._state is None else partial(self._keep, account_id, log)
        return self.venue.open_account(account_id, deliver, deposits)

    # --- state -------------------------------------------------------------------------------

    def commit(self) -> None:
        """Keep what has happened; called before anything of it is told.

        Raises:
            OSError: The disk refuses; nothing may be told.
        """
        if self._state is None or not (self._unkept or self._moved):
            return
        touched = {(account_id, report.client_order_id) for account_id, report in self._unkept}
        orders = [self.venue.working(*each) for each in sorted(touched)]
        changed = [order for order in orders if order is not None]
        self._state.append(Settled(reports=self._unkept, orders=changed + self._moved))
        self._unkept = []
        self._moved = []

    def close(self) -> None:
        """Let others use the state folder; idempotent."""
        if self._state is not None:
            self._state.close()

    def _keep(self, account_id: str, log: ReportLog, report: VenueReport) -> None:
        self._unkept.append((account_id, report))
        log.add(report)

    def _keep_trails(self, instrument_id: str) -> None:
        """Keep where trailing stops are: the market moves them without a report."""
        book = self.venue.book(instrument_id)
        waiting = book.stops if book is not None else ()
        trails = [order for order in waiting if order.kind is TRAILING_STOP]
        before = self._trails.get(instrument_id, {})
        self._moved += [order for order in trails if before.get(order.sequence) != order.extreme]
        self._trails[instrument_id] = {order.sequence: order.extreme for order in trails}

    def _restore(self, state: StateFile) -> None:
        """Take up the life of a venue that was stopped or killed, or begin one."""
        lines = list(state.lines())
        if not lines:
            state.append(self._founded())
            return
        self._check_founded(lines[0], state)
        settled = [line for line in lines if isinstance(line, Settled)]
        numbers = (last_number(line) for line in settled)
        self.venue.count_from(max(self.clock.now_ns(), *numbers, 0))
        opened = [line for line in lines if isinstance(line, Opened)]
        for line in opened:
            account = self._open(line.account, line.deposits)
            orders: dict[str, SimOrder] = {}
            for operation in settled:
                self._replay(account, operation, orders)
            put_back(self.venue, account, list(orders.values()))
        count = sum(log.sequence for log in self._accounts.values())
        self._logger.info(
            "took up %d accounts and %d reports of %s", len(opened), count, state.path
        )

    def _replay(
        self, account: VenueAccount, operation: Settled, orders: dict[str, SimOrder]
    ) -> None:
        log = self._accounts[account.id]
        for account_id, report in operation.reports:
            if account_id == account.id:
                log.add(report)
        for order in operation.orders:
            if order.intent.account_id == account.id:
                orders[order.intent.client_order_id] = order
        book_executions(self.venue, account, operation)

    def _founded(self) -> Founded:
        mode = self.venue.position_mode.name.lower()
        instruments = [self.instruments[each] for each in sorted(self.instruments)]
        return Founded(
            version=VERSION, epoch=self.epoch, position_mode=mode, instruments=instruments
        )

    def _check_founded(self, line: StateLine, state: StateFile) -> None:
        """Take up the epoch, where the venue is still the same."""
        if not isinstance(line, Founded) or line.version != VERSION:
            raise DataError(
                f"not the state of a venue, or of another version than {VERSION}",
                file=str(state.path),
                row=1,
                remedy="delete it to begin anew",
            )
        self.epoch = line.epoch
        if line != self._founded():
            raise ConfigError(
                f"state: {state.path} is of a venue with other instruments or position mode",
                code="CONFIG_CONFLICT",
                remedy="give the venue those it had, or another state folder",
            )

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
            if self._state is not None:
                self._keep_trails(event.instrument_id)
        self.commit()

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
            case FundingRate():
                self.venue.on_funding(event)
                return
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
