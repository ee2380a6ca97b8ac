"""An owner's books are opened once, at one broker, and written down once a run has begun."""

import pytest

from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import OpenBooks
from hexdesk.domain.records import RunStarted, StrategyBook
from hexdesk.errors import InvariantError
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.rig import Rig

ID = INSTRUMENT.id


def written(rig: Rig) -> list[OpenBooks]:
    return [record for record in rig.records if isinstance(record, OpenBooks)]


def test_books_that_a_run_begins_with_are_in_its_first_record() -> None:
    rig = Rig("a", "b")
    run = rig.records[0]
    assert isinstance(run, RunStarted)
    assert run.strategies == (StrategyBook("a", "venue", (ID,)), StrategyBook("b", "venue", (ID,)))
    assert [(book.broker, book.account_id) for book in run.accounts] == [("venue", "account")]
    assert not written(rig)


def test_books_that_a_strategy_gets_later_are_written_down_once() -> None:
    rig = Rig("a")
    rig.add("late")
    rig.start()
    assert [(each.strategy_id, each.instrument_ids) for each in written(rig)] == [("late", (ID,))]


def test_opening_again_keeps_the_books_and_adds_what_is_new() -> None:
    rig = Rig("a")
    owners, host = rig.desk.owners, rig.host("a")
    ledger = host.ledgers.pop(ID)
    assert owners.open("a", "venue", ()) is host
    assert not host.ledgers
    assert owners.open("a", "venue", (ID,)) is host
    again = host.ledgers[ID]
    assert (again is not ledger, owners.open("a", "venue", (ID,)).ledgers[ID]) == (True, again)


def test_an_owner_that_is_made_is_known_once_it_is_put() -> None:
    rig = Rig("a")
    owners, told = rig.desk.owners, list[str]()
    owners.on_put = lambda host: told.append(host.strategy_id)
    made = owners.make("new", "venue", (ID,))
    assert (told, "new" in rig.desk.hosts) == ([], False)
    owners.put(made)
    assert (told, rig.host("new"), owners.broker_name(made)) == (["new"], made, "venue")


def test_a_strategy_takes_books_that_nobody_moves_at_the_same_broker_alone() -> None:
    rig = Rig("a")
    owners = rig.desk.owners
    restored = owners.open("old", "venue", (ID,))
    with pytest.raises(InvariantError, match="the books of 'old' are at 'venue', not 'other'"):
        owners.take("old", "other", (ID,))
    assert owners.take("old", "venue", (ID,)) is restored
    with pytest.raises(InvariantError, match="'a' is added twice"):
        owners.take("a", "venue", (ID,))


def test_a_broker_is_attached_once() -> None:
    rig = Rig()
    with pytest.raises(InvariantError, match="'venue' is attached twice"):
        rig.desk.add_broker("venue", rig.broker, Account("second", rig.instruments))
