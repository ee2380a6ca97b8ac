"""A hash over everything that a run decided: equal inputs give an equal one, on any machine."""

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.domain.inputs import StrategyFaulted
from hexdesk.ports.journal import JournalRecord

DIGEST_BYTES = 16


def result_hash(desk: Desk) -> str:
    """Return 32 hexadecimal digits over every journal record of this run, ledger and balance."""
    digest = blake2b(digest_size=DIGEST_BYTES)
    encode = msgspec.msgpack.Encoder().encode
    for record in desk.journal.records(desk.begun_after):
        digest.update(encode(_decision(record)))
    for part in _state(desk):
        digest.update(encode(part))
    return digest.hexdigest()


def _state(desk: Desk) -> Iterable[tuple[str, ...]]:
    """Yield ledgers and balances; numbers as text, for they may pass 64 bits."""
    for strategy_id, host in desk.hosts.items():
        for instrument_id, ledger in host.ledgers.items():
            position = ledger.position
            numbers = (position.quantity, position.cost, position.realised, ledger.fees)
            yield (strategy_id, instrument_id, host.state.value, *map(str, numbers))
    for name, account in desk.accounts.items():
        for currency, balance in account.balances.items():
            yield (name, currency, str(balance.total), str(balance.reserved), str(balance.used))


def _decision(record: JournalRecord) -> JournalRecord | tuple[str, int]:
    """Leave out how an error is worded: that differs between builds of Python."""
    if type(record) is StrategyFaulted:
        return record.strategy_id, record.ts_init
    return record
