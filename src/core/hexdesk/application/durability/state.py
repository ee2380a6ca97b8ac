"""What a desk knows, as one value: what snapshots hold and what a state hash is taken of.

It is all that orders, positions and money depend on, and nothing that lives with the process:
strategies, timers, quotes and counters of the run.
"""

import json
from functools import cache
from hashlib import blake2b

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import NoteIncident
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.order import Order
from hexdesk.domain.plans import StrategyPlan
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.records import (
    AccountBook,
    ListChanged,
    RunEnded,
    StrategyBook,
    StrategySaved,
    VerbOwed,
)
from hexdesk.domain.risk import FULL_PCT, RiskNote
from hexdesk.domain.values import MoneyRaw, QtyRaw, TimeNs, ValueRaw
from hexdesk.errors import DataError

STATE_VERSION = 1
HASH_BYTES = 16
SHAPE_BYTES = 4
_TEXTS = frozenset({"description", "title"})
_JSON_MARK = b"["


class LegState(msgspec.Struct, frozen=True, array_like=True):
    """A position, or one leg of it."""

    quantity: QtyRaw
    today: QtyRaw
    cost: ValueRaw
    realised: ValueRaw
    cash_flow: ValueRaw


class LedgerState(msgspec.Struct, frozen=True, array_like=True):
    """The books of one strategy in one instrument; long and short leg where they are apart."""

    instrument_id: str
    legs: tuple[LegState, ...]
    fees: MoneyRaw
    other_fees: dict[str, MoneyRaw]
    fill_count: int
    funding: MoneyRaw = 0


class StrategyState(msgspec.Struct, frozen=True, array_like=True):
    """One strategy's books and standing."""

    book: StrategyBook
    ledgers: tuple[LedgerState, ...]
    entries_allowed: bool
    saved: StrategySaved | None
    is_stopped: bool = False


class BalanceState(msgspec.Struct, frozen=True, array_like=True):
    """Cash of one currency."""

    currency: str
    scale: int
    total: MoneyRaw
    reserved: MoneyRaw
    used: MoneyRaw
    deposited: MoneyRaw = 0
    unassigned: MoneyRaw = 0


class AccountState(msgspec.Struct, frozen=True, array_like=True):
    """One account."""

    book: AccountBook
    balances: tuple[BalanceState, ...]
    cash_ids: tuple[str, ...] = ()


class DeskState(msgspec.Struct, frozen=True, array_like=True):
    """All of it, of the latest run's mode; `closed` are the latest closed orders, oldest first.

    `trading_days` are the latest that were told, by instrument.
    """

    version: int
    mode: str
    is_virtual: bool
    closed_orders_max: int
    instruments: tuple[Instrument, ...]
    accounts: tuple[AccountState, ...]
    hosts: tuple[StrategyState, ...]
    open: tuple[Order, ...]
    closed: tuple[Order, ...]
    lists: tuple[ListChanged, ...]
    halted: str
    armed_until_ns: TimeNs
    reducing: dict[str, dict[str, str]]
    risk: tuple[RiskNote, ...] = ()
    trading_days: dict[str, int] = {}
    owed: tuple[VerbOwed, ...] = ()
    plans: tuple[StrategyPlan, ...] = ()
    stage_pct: int = FULL_PCT
    incidents: tuple[NoteIncident, ...] = ()


def capture(desk: Desk) -> DeskState:
    """Return what a desk knows; encode it before the next input, for it shares live orders."""
    execution = desk.execution
    hosts = sorted(desk.hosts.values(), key=_strategy_id)
    return DeskState(
        STATE_VERSION,
        desk.mode,
        desk.is_virtual,
        execution.store.closed_max,
        tuple(desk.markets.by_id[each].instrument for each in sorted(desk.markets.by_id)),
        tuple(_account_state(name, desk.accounts[name]) for name in sorted(desk.accounts)),
        tuple(_host_state(desk, host) for host in hosts),
        tuple(execution.open.values()),
        tuple(execution.closed.values()),
        tuple(execution.lists.describe()),
        execution.standing.halted,
        execution.standing.armed_until_ns,
        execution.standing.reducing,
        desk.risk.describe(),
        {each: desk.markets.by_id[each].trading_day for each in _dated(desk)},
        desk.owed.describe(),
        tuple(desk.plans[each] for each in sorted(desk.plans)),
        desk.limits.stage_pct,
        desk.operator.incidents.describe(),
    )


def encode_state(state: DeskState) -> bytes:
    """Return a state as msgpack, or as JSON where a number passes 64 bits."""
    try:
        return msgspec.msgpack.encode(state)
    except OverflowError:
        return msgspec.json.encode(state)


def decode_state(data: bytes) -> DeskState:
    """Return an encoded state.

    Raises:
        DataError: It is none, or of another version.
    """
    decode = msgspec.json.decode if data[:1] == _JSON_MARK else msgspec.msgpack.decode
    try:
        state = decode(data, type=DeskState)
    except msgspec.MsgspecError as error:
        message = f"the snapshot cannot be read: {error}"
        raise DataError(message, remedy="replay the journal without it") from error
    if state.version != STATE_VERSION:
        message = f"the snapshot has version {state.version}, this build reads {STATE_VERSION}"
        raise DataError(message, remedy="use the version of hexdesk that wrote it")
    return state


def hash_of(state: bytes) -> str:
    """Return 32 hexadecimal digits over an encoded state."""
    return blake2b(state, digest_size=HASH_BYTES).hexdigest()


def run_ended(desk: Desk, state_hash: str, now_ns: TimeNs) -> RunEnded:
    """Return what says that a desk's run ended in good order, with this state hash."""
    return RunEnded(desk.run_id, state_hash, now_ns, state_shape())


@cache
def state_shape() -> str:
    """Return a name of what states consist of: another version's hashes are of other things."""
    schema = msgspec.json.encode(msgspec.json.schema(DeskState))
    parts = msgspec.json.encode(json.loads(schema, object_hook=_without_texts))
    return blake2b(parts, digest_size=SHAPE_BYTES).hexdigest()


def _without_texts(part: dict[str, object]) -> dict[str, object]:
    """Return a part of a schema without its words for people, in one order."""
    return {name: part[name] for name in sorted(part) if name not in _TEXTS}


def load_legs(position: Position | HedgedPosition, legs: tuple[LegState, ...]) -> None:
    """Let a position be what it was."""
    for leg, state in zip(_legs(position), legs, strict=True):
        leg.quantity = state.quantity
        leg.today = state.today
        leg.cost = state.cost
        leg.realised = state.realised
        leg.cash_flow = state.cash_flow


def _dated(desk: Desk) -> list[str]:
    """Return the instruments whose trading day is known."""
    return sorted(each for each, market in desk.markets.by_id.items() if market.trading_day)


def _strategy_id(host: StrategyHost) -> str:
    return host.strategy_id


def _account_state(broker: str, account: Account) -> AccountState:
    balances = sorted(account.balances.values(), key=lambda balance: balance.currency)
    return AccountState(
        AccountBook(broker, account.id, account.position_mode),
        tuple(
            BalanceState(
                each.currency,
                each.scale,
                each.total,
                each.reserved,
                each.used,
                each.deposited,
                each.unassigned,
            )
            for each in balances
            if each.total or each.reserved or each.used or each.deposited or each.unassigned
        ),
        tuple(account.cash_ids),
    )


def _host_state(desk: Desk, host: StrategyHost) -> StrategyState:
    book = StrategyBook(
        host.strategy_id, desk.owners.broker_name(host), tuple(sorted(host.ledgers))
    )
    ledgers = tuple(_ledger_state(host.ledgers[each]) for each in sorted(host.ledgers))
    saved = desk.saves.latest.get(host.strategy_id)
    return StrategyState(book, ledgers, host.entries_allowed, saved, host.is_stopped)


def _ledger_state(ledger: Ledger) -> LedgerState:
    legs = tuple(
        LegState(leg.quantity, leg.today, leg.cost, leg.realised, leg.cash_flow)
        for leg in _legs(ledger.position)
    )
    fees = dict(sorted(ledger.other_fees.items()))
    return LedgerState(
        ledger.instrument.id, legs, ledger.fees, fees, ledger.fill_count, ledger.funding
    )


def _legs(position: Position | HedgedPosition) -> tuple[Position, ...]:
    if isinstance(position, HedgedPosition):
        return position.long, position.short
    return (position,)
