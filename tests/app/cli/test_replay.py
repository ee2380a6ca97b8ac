"""`hexdesk replay` and `hexdesk why`, on journals that a desk wrote to disk."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hexdesk.application.desk import Desk
from hexdesk.application.durability.detached import DetachedBroker
from hexdesk.application.durability.replay import Replay
from hexdesk.application.durability.state import (
    capture,
    decode_state,
    encode_state,
    hash_of,
    run_ended,
)
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import (
    Halt,
    OperatorCancel,
    OperatorSubmit,
    SetReducing,
    StartStrategy,
)
from hexdesk.domain.market import Quote
from hexdesk.domain.money import parse_money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.records import RunEnded
from hexdesk.domain.reports import (
    Fill,
    OrderAccepted,
    OrderCanceled,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import BUY, LIMIT, MAKER, MARKET, SELL, Operation, OrderType
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk.ports.broker import Capabilities
from hexdesk.ports.journal import Journal
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from hexdesk.testing.clock import FakeClock
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.app.cli.conftest import Run
from tests.app.cli.test_journal import make_journal

MS = 1_000_000


class Puppet(Strategy):
    """Does what a test wants at the next quote."""

    def __init__(self, context: StrategyContext) -> None:
        super().__init__(context)
        self.wishes: list[str] = []
        self.made: list[str] = []

    def on_quote(self, quote: Quote) -> None:
        wishes, self.wishes = self.wishes, []
        for wish in wishes:
            if wish == "bracket":
                ids = self.context.submit_bracket(
                    quote.instrument_id, BUY, 2 * LOT, entry_price=ASK, stop_price=BID - 500
                )
                self.made += [ids.entry, ids.stop]
            elif wish == "huge":
                self.made.append(self.context.submit(quote.instrument_id, BUY, 10**9 * LOT))
            else:
                side = BUY if wish == "buy" else SELL
                order_id = self.context.submit(
                    quote.instrument_id, side, LOT, LIMIT, ASK, tag=f"to {wish}"
                )
                self.made.append(order_id)


class SilentBroker(DetachedBroker):
    """Takes every request and says nothing of its own."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(order_types=frozenset(OrderType), reduce_only=True, amend=True)

    def submit(self, order: NewOrder) -> None:
        """Take an order."""

    def amend(self, request: AmendOrder) -> None:
        """Take an amendment."""

    def cancel(self, request: CancelOrder) -> None:
        """Take a cancel."""


class Ghostwriter:
    """A desk whose venue says what a test wants, with a journal on disk."""

    def __init__(self, folder: Path, run_id: str = "run1", past: bytes = b"") -> None:
        self.clock = FakeClock()
        self.journal: Journal = make_journal(folder, run_id)
        self.desk = Desk(
            run_id=run_id, instruments=(INSTRUMENT,), journal=self.journal, clock=self.clock,
            limits=WIDE_LIMITS,
        )  # fmt: skip
        account = Account("account", (INSTRUMENT,))
        self.desk.add_broker("venue", SilentBroker(), account)
        self.puppet: Puppet
        if past:
            self.clock.advance_by(1_000 * MS)
            Replay(self.desk).restore(decode_state(past))
        self.desk.add_strategy("a", self._make, broker="venue", instrument_ids=[INSTRUMENT.id])
        self.desk.begin_run("test", "paper", self.now(), continues=bool(past))
        if not past:
            self.desk.deposit("venue", parse_money("1000000 USDT"), "start", self.now())
        self.desk.command(StartStrategy("", self.now()))

    def _make(self, context: StrategyContext) -> Strategy:
        self.puppet = Puppet(context)
        return self.puppet

    def now(self) -> int:
        self.clock.advance_by(MS)
        return self.clock.now_ns()

    def wish(self, *wishes: str) -> Sequence[str]:
        """Let the strategy act at a quote; return the ids of what it sent."""
        self.puppet.wishes += wishes
        self.puppet.made.clear()
        now = self.now()
        self.desk.on_quote(Quote(INSTRUMENT.id, BID, SIZE, ASK, SIZE, now, now))
        return tuple(self.puppet.made)

    def say(self, report: VenueReport) -> None:
        self.desk.on_report(report)

    def accept(self, order_id: str) -> None:
        now = self.now()
        self.say(OrderAccepted(order_id, f"V{order_id[-1]}", now - MS // 2, now))

    def fill(self, order_id: str, quantity: int = LOT, price: int = ASK) -> None:
        now = self.now()
        order = self.desk.execution.order(order_id)
        assert order is not None
        self.say(
            Fill(order_id, "", f"T{now}", INSTRUMENT.id, order.intent.side, quantity, price, MAKER,
                 7, "USDT", now, now)
        )  # fmt: skip

    @property
    def state(self) -> bytes:
        return encode_state(capture(self.desk))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def writer(folder: Path) -> Iterator[Ghostwriter]:
    made = Ghostwriter(folder)
    yield made
    made.journal.close()


def traded(writer: Ghostwriter) -> tuple[str, str]:
    """Buy, and sell half filled of it; return both ids."""
    (bought,) = writer.wish("buy")
    writer.accept(bought)
    writer.fill(bought)
    (sold,) = writer.wish("sell")
    writer.accept(sold)
    return bought, sold


# --------------------------------------------------------------------------------------------------
# replay


def test_the_journal_gives_the_desk_while_it_runs(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    """L6: the same state, byte for byte."""
    _, sold = traded(writer)
    writer.desk.command(SetReducing(INSTRUMENT.id, "TEST", "a test", writer.now()))
    writer.desk.command(Halt("a test", writer.now()))
    answer = hexdesk("replay", str(folder), "--json")
    assert answer.code == 0, answer.err
    data = answer.data
    assert data["state_hash"] == hash_of(writer.state)
    assert data["halted"] == "a test"
    assert data["reducing"] == {INSTRUMENT.id: {"TEST": "a test"}}
    (position,) = data["positions"]
    assert position["quantity"] == INSTRUMENT.format_quantity(LOT)
    assert [row["client_order_id"] for row in data["open_orders"]] == [sold]
    assert data["balances"][0]["currency"] == "USDT"
    assert data["fills"] == 1
    tables = hexdesk("replay", str(folder)).out
    for title in ("positions", "open orders", "balances"):
        assert f"**{title}**" in tables


def test_snapshots_and_endings_on_the_way_are_compared(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    writer.wish("buy")
    writer.journal.save_snapshot(writer.state)
    number = writer.journal.sequence
    traded(writer)
    writer.desk.end_run(run_ended(writer.desk, hash_of(writer.state), writer.now()))
    writer.journal.close()
    data = hexdesk("replay", str(folder), "--json").data
    assert [(check["number"], check["kind"], check["is_equal"]) for check in data["checks"]] == [
        (number, "snapshot", True), (writer.journal.sequence, "run_ended", True),
    ]  # fmt: skip
    quick = hexdesk("replay", str(folder), "--from-snapshot", "--json").data
    assert quick["began_behind"] == number
    assert quick["state_hash"] == data["state_hash"]
    assert quick["records"] == data["records"] - number


def test_a_snapshot_that_the_journal_does_not_lead_to_is_told(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    traded(writer)
    writer.journal.save_snapshot(writer.state.replace(b"USDT", b"USDC"))
    writer.journal.close()
    answer = hexdesk("replay", str(folder), "--json")
    assert answer.code == 1
    assert "DIFFERS: snapshot of record" in answer.err
    (check,) = answer.data["checks"]
    assert check["is_equal"] is False
    assert "USDC" in check["difference"]


def test_a_run_that_ended_with_another_state_is_told(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    writer.desk.end_run(run_ended(writer.desk, "0" * 32, writer.now()))
    answer = hexdesk("replay", str(folder))
    assert answer.code == 1
    assert f"DIFFERS: run ended of record {writer.journal.sequence}: state_hash" in answer.err


@pytest.mark.parametrize("shape", ["", "00ff00ff"])
def test_the_end_of_a_run_of_another_version_cannot_be_compared(
    hexdesk: Run, writer: Ghostwriter, folder: Path, shape: str
) -> None:
    """Its states consist of other parts, so its hash says nothing of this version's."""
    writer.desk.end_run(RunEnded(writer.desk.run_id, "0" * 32, writer.now(), shape))
    answer = hexdesk("replay", str(folder), "--json")
    assert answer.code == 0
    (check,) = answer.data["checks"]
    assert check["is_equal"] is None
    assert check["difference"] == "the hash is of another version's state"


def test_a_snapshot_of_another_version_cannot_be_compared(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    writer.journal.save_snapshot(b"another")
    writer.journal.close()
    answer = hexdesk("replay", str(folder), "--json")
    assert answer.code == 0
    assert answer.data["checks"][0]["is_equal"] is None


def test_until_a_record_or_a_time(hexdesk: Run, writer: Ghostwriter, folder: Path) -> None:
    (bought,) = writer.wish("buy")
    number, then, state = writer.journal.sequence, writer.clock.now_ns(), writer.state
    writer.accept(bought)
    writer.fill(bought)
    for until in (str(number), str(then), "2023-11-14T22:13:20.004+00:00"):
        data = hexdesk("replay", str(folder), "--until", until, "--json").data
        assert (data["last_number"], data["fills"]) == (number, 0), until
        assert data["state_hash"] == hash_of(state)
    answer = hexdesk("replay", str(folder), "--until", "yesterday")
    assert answer.code == 4
    assert "is neither a time" in answer.err
    assert hexdesk("replay", str(folder), "--until", "1999-01-01").code == 1


def test_from_a_snapshot_before_a_time(hexdesk: Run, writer: Ghostwriter, folder: Path) -> None:
    writer.wish("buy")
    writer.journal.save_snapshot(writer.state)
    assert writer.journal.snapshot(), "it is written: a later one would take its place"
    number, then = writer.journal.sequence, writer.clock.now_ns()
    writer.wish("buy")
    writer.journal.save_snapshot(writer.state)
    writer.journal.close()
    words = ("replay", str(folder), "--from-snapshot", "--json")
    assert hexdesk(*words, "--until", str(then)).data["began_behind"] == number
    assert hexdesk(*words, "--until", str(then - MS)).data["began_behind"] == 0
    assert hexdesk(*words).data["began_behind"] > number


# --------------------------------------------------------------------------------------------------
# why


def test_a_decision_is_told_as_the_order_stood_before_its_answer(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    writer.wish()
    intent = NewOrder("", "a", "account", INSTRUMENT.id, BUY, MARKET, LOT, 0)
    writer.desk.command(OperatorSubmit(intent, "by hand", writer.now()))
    (order_id,) = writer.desk.execution.open
    writer.accept(order_id)
    steps = hexdesk("why", order_id, str(folder), "--json").data["steps"]
    assert [each["status"] for each in steps] == ["SUBMITTED", "ACCEPTED"]


def test_an_order_from_its_quote_to_its_fill(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    bought, sold = traded(writer)
    writer.fill(sold, LOT, ASK + 10)
    answer = hexdesk("why", sold, str(folder), "--json")
    assert answer.code == 0, answer.err
    data = answer.data
    assert data["order"]["tag"] == "to sell"
    assert data["order"]["status"] == "FILLED"
    decided, accepted, filled = data["steps"]
    assert decided["verdict"] == "passed"
    assert decided["cause"]["kind"] == "quote"
    assert decided["cause"]["record"]["ts_init"] == decided["ts_ns"]
    assert accepted["after_ns"] == MS
    assert (accepted["kind"], accepted["status"]) == ("accepted", "ACCEPTED")
    position = filled["position"]
    assert position["quantity"] == "0"
    assert position["realised_by_this"] == position["realised"] != "0"
    text = hexdesk("why", bought, str(folder)).out
    held = "position 0 to 0.1, average 10001, cost 1000.1, realised 0, in all 0"
    for part in ("because of a quote", "risk: passed", "accepted as", held):
        assert part in text


def test_a_denied_order_says_the_code_and_the_numbers(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    (order_id,) = writer.wish("huge")
    data = hexdesk("why", order_id, str(folder), "--json").data
    decided, denied = data["steps"]
    assert decided["verdict"].startswith("CAPITAL_FUNDS: needed=")
    assert decided["cause"]["kind"] == "quote"
    assert denied["status"] == "DENIED"
    shown = hexdesk("why", order_id, str(folder)).out
    assert "| why it ended  | CAPITAL_FUNDS: needed=" in shown


def test_an_exit_follows_from_the_fill_of_its_entry(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    entry, stop = writer.wish("bracket")
    writer.accept(entry)
    writer.fill(entry)
    writer.accept(stop)
    writer.fill(entry)
    data = hexdesk("why", stop, str(folder), "--json").data
    assert [step["kind"] for step in data["steps"]] == ["new", "held", "new", "accepted", "amend"]
    held, _, released, _, amended = data["steps"]
    assert (held["verdict"], released["verdict"]) == ("held", "passed")
    assert released["cause"]["kind"] == amended["cause"]["kind"] == "fill"
    assert "to protect a position" in amended["text"]
    (linked,) = data["linked"]
    assert (linked["client_order_id"], linked["relation"]) == (entry, "its entry")
    assert "linked orders" in hexdesk("why", entry, str(folder)).out


def test_who_canceled_and_how_a_doubt_was_settled(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    (order_id,) = writer.wish("buy")
    now = writer.now()
    writer.say(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "no answer", now))
    writer.accept(order_id)
    writer.desk.command(OperatorCancel(order_id, "not wanted", writer.now()))
    now = writer.now()
    writer.say(OrderCanceled(order_id, "", now, now))
    data = hexdesk("why", order_id, str(folder), "--json").data
    _, doubt, settled, asked, cancel, canceled = data["steps"]
    assert doubt["status"] == "IN_DOUBT"
    assert settled["settled"]["operation"] == "SUBMIT"
    assert (asked["kind"], asked["record"]["reason"]) == ("op_cancel", "not wanted")
    assert cancel["cause"]["number"] == asked["number"]
    assert cancel["record"]["authority"] == "OPERATOR"
    assert canceled["status"] == "CANCELED"
    assert "settles the doubt about SUBMIT" in hexdesk("why", order_id, str(folder)).out


def test_an_order_goes_by_its_own_id_the_venues_or_a_beginning(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    bought, sold = traded(writer)

    def found(name: str) -> str:
        answer = hexdesk("why", name, str(folder), "--json")
        return str(answer.data["order"]["client_order_id"]) if not answer.code else answer.err

    assert found(bought) == bought
    assert found(f"V{sold[-1]}") == sold
    assert "2 orders go by" in found(bought[:-1])
    assert "there is no order 'none'" in found("none")
    assert hexdesk("why", "none", str(folder)).code == 2
    for _ in range(9):
        writer.wish("buy")
    assert found(bought) == bought, "a whole id goes before the beginning of others"
    assert found(f"{bought[:-1]}11") == f"{bought[:-1]}11"


def test_an_order_of_an_earlier_run_and_beside_a_snapshot(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    (early,) = writer.wish("buy")
    writer.journal.save_snapshot(writer.state)
    bought, _ = traded(writer)
    writer.journal.close()
    later = Ghostwriter(folder, "run2")
    (anew,) = later.wish("buy")
    later.journal.close()
    for order_id, kinds in ((early, 1), (bought, 3), (anew, 1)):
        answer = hexdesk("why", order_id, str(folder), "--json")
        assert answer.code == 0, answer.err
        assert len(answer.data["steps"]) == kinds


def test_what_was_given_up_is_told_from_the_snapshot_on(
    hexdesk: Run, writer: Ghostwriter, folder: Path
) -> None:
    """The oldest segment goes, and the snapshot stands for it."""
    (early,) = writer.wish("buy")
    writer.accept(early)
    (gone,) = writer.wish("huge")
    state = writer.state
    writer.journal.save_snapshot(state)
    number = writer.journal.sequence
    writer.journal.close()
    later = Ghostwriter(folder, "run2", state)
    later.fill(early)
    (anew,) = later.wish("sell")
    later.journal.save_snapshot(later.state)
    later.journal.close()
    whole = hexdesk("replay", str(folder), "--json").data
    (folder / "journal" / "00000001.seg").unlink()
    answer = hexdesk("replay", str(folder), "--json")
    assert answer.code == 0, answer.err
    assert answer.data["began_behind"] == number
    assert answer.data["state_hash"] == whole["state_hash"] == hash_of(later.state)
    text = f"records before {number + 1} are not kept: it begins with the snapshot of record "
    assert f"{text}{number}" in answer.err
    snapshot = folder / "journal" / f"{number:020}.snap"
    oldest = snapshot.read_bytes()
    snapshot.unlink()
    answer = hexdesk("replay", str(folder))
    assert f"{text}{later.journal.sequence}" in answer.err
    snapshot.write_bytes(oldest)
    told = hexdesk("why", early, str(folder), "--json").data
    assert [step["kind"] for step in told["steps"]] == ["fill"]
    assert told["order"]["tag"] == "to buy"
    assert told["order"]["run_id"] == ""
    assert hexdesk("why", anew, str(folder), "--json").data["steps"][0]["verdict"] == "passed"
    answer = hexdesk("why", gone, str(folder))
    assert answer.code == 2
    assert f"in the journal, which begins with record {number + 1}" in answer.err
    assert f"hexdesk history order {gone}" in answer.err


def test_a_journal_without_a_run_says_what_to_do(hexdesk: Run, state_of_bare_records: Path) -> None:
    answer = hexdesk("replay", str(state_of_bare_records))
    assert answer.code == 1
    assert "does not begin with a run" in answer.err
    assert hexdesk("replay", "nowhere").code == 2
    assert hexdesk("why", "O1", "nowhere").code == 2


@pytest.fixture
def state_of_bare_records(tmp_path: Path) -> Path:
    journal = make_journal(tmp_path / "bare")
    journal.append(OrderCanceled("A1", "", 1, 1))
    journal.commit()
    journal.close()
    return tmp_path / "bare"
