"""Looks at both sides while the market stands still, until they agree or time is up.

Both sides are read by what anybody could read: the venue's API and its state file, the desk's
journal. What was read before is not read again, so that a look costs what happened since.
"""

from pathlib import Path
from time import monotonic, sleep
from typing import Literal

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.domain.money import parse_money
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill
from hexdesk_app.chaos.books import hash_of_books, reader_of, rebuilt
from hexdesk_app.chaos.compare import (
    TradeKey,
    Truth,
    account_differences,
    key_of,
    protection_differences,
)
from hexdesk_app.chaos.history import history_differences
from hexdesk_app.chaos.records import Records
from hexdesk_app.chaos.site import APART, BRACKETS, DEPOSIT, SHARED
from hexdesk_app.chaos.venue_client import VenueClient

ACCOUNTS = (SHARED, APART)
AGREE_TIMEOUT_S = 30.0
"""Longest that a desk may need to settle every doubt, with nothing in its way."""
LOOK_S = 0.2


class _Line(msgspec.Struct):
    """One operation in the venue's state file, as far as it matters here."""

    kind: Literal["founded", "opened", "settled"]
    reports: list[tuple[str, list[object]]] = []


class _Account:
    """What was read of one account so far."""

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        self.client = VenueClient(address, name)
        self.fills: dict[TradeKey, Fill] = {}
        self.booked: dict[TradeKey, Fill] = {}
        self.unsettled: set[str] = set()
        self._fills_from_ns = 0

    def ask(self, desk: Desk) -> Truth:
        """Return the venue's truth; fresh executions are added to what is known."""
        client = self.client
        for fill in client.fills(self._fills_from_ns):
            self.fills[key_of(fill)] = fill
            self._fills_from_ns = fill.ts_event
        open_ids = frozenset(order.intent.client_order_id for order in client.open_orders())
        asked = self.unsettled | open_ids
        return Truth(
            orders={order_id: client.order(order_id) for order_id in sorted(asked)},
            open_ids=open_ids,
            fills=self.fills,
            positions=tuple(client.positions()),
            balances=tuple(client.balances()),
        )

    def book(self, desk: Desk) -> None:
        """Take up the executions in the desk's books of all orders that may have got some."""
        ids = self.unsettled | {fill.client_order_id for fill in self.missing()}
        for order_id in ids:
            order = desk.execution.order(order_id)
            for fill in (order.fills or {}).values() if order is not None else ():
                self.booked[key_of(fill)] = fill

    def missing(self) -> list[Fill]:
        """Return the executions that were not found in the books yet."""
        return [fill for key, fill in self.fills.items() if key not in self.booked]


class Audit:
    """Compares, again and again, over one run.

    Attributes:
        records: What the journal told so far.
        looks: Times that both sides agreed.
        slowest_s: Longest time that they needed for it.
        replays: States that were rebuilt twice, and were equal.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self.records = Records()
        self.looks = 0
        self.replays = 0
        self.slowest_s = 0.0
        self._journal = folder / "desk"
        self._venue_file = folder / "venue" / "venue.jsonl"
        self._venue_read = 0
        self._venue_ids: dict[str, str] = {}
        self._accounts = [_Account(address, name) for name in ACCOUNTS]

    def agree(self) -> list[str]:
        """Wait until both sides say the same; return what still differs when time is up."""
        begun = monotonic()
        while True:
            found = self.differences()
            passed_s = monotonic() - begun
            if not found:
                self.looks += 1
                self.slowest_s = max(self.slowest_s, passed_s)
                self._settled()
                return []
            if passed_s > AGREE_TIMEOUT_S or self.records.wrong:
                return found
            sleep(LOOK_S)

    def differences(self) -> list[str]:
        """Return everything that differs now.

        The venue's file is read before the journal: a busy desk may still send orders, and of each
        that arrived the intent is in the journal by then.
        """
        arrived = self._arrived()
        reader = reader_of(self._journal)
        self.records.read(reader.records(self.records.last))
        self._share_out(self.records.take_fresh())
        desk = rebuilt(reader, self.records.last)
        self.records.wrong += self._ids_differences(arrived)
        found = list(self.records.wrong)
        deposit = parse_money(DEPOSIT)
        for account in self._accounts:
            truth = account.ask(desk)
            account.book(desk)
            found += account_differences(desk, account.name, truth, account.booked, deposit)
        found += protection_differences(desk, BRACKETS)
        found += [f"{each} is reducing: {why}" for each, why in desk.execution.reducing.items()]
        if desk.execution.halted:
            found.append(f"the desk is halted: {desk.execution.halted}")
        return found

    def replay_differences(self, *, from_start: bool) -> list[str]:
        """Rebuild the books twice; by every record if wanted, and after an orderly end by its word.

        The history must hold the same records. The desk must not run.
        """
        reader = reader_of(self._journal)
        self.records.read(reader.records(self.records.last))
        until = self.records.last
        first = hash_of_books(rebuilt(reader, until))
        second = hash_of_books(rebuilt(reader, until, from_start=from_start))
        found: list[str] = []
        if first != second:
            how = "from the first record" if from_start else "again"
            found.append(f"replayed to record {until} the state is {first}, {how} {second}")
        if self.records.state_hash and first != self.records.state_hash:
            found.append(f"the run ended as {self.records.state_hash}, replayed it is {first}")
        found += [fault.text for fault in reader.verify().faults]
        found += history_differences(self._journal, from_start=from_start)
        self.replays += not found
        return found

    def close(self) -> None:
        """Free the connections."""
        for account in self._accounts:
            account.client.close()

    def _share_out(self, fresh: dict[str, NewOrder]) -> None:
        for account in self._accounts:
            account.unsettled |= {
                order_id for order_id, order in fresh.items() if order.account_id == account.name
            }

    def _settled(self) -> None:
        """Look from now on only at orders that are still open."""
        desk = rebuilt(reader_of(self._journal), self.records.last)
        for account in self._accounts:
            account.unsettled &= desk.execution.open.keys()

    def _arrived(self) -> list[tuple[str, str]]:
        """Return the orders that the venue took since the last time: our id and its own."""
        found: list[tuple[str, str]] = []
        with self._venue_file.open("rb") as file:
            file.seek(self._venue_read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._venue_read += len(line)
                for _, report in msgspec.json.decode(line, type=_Line).reports:
                    if report[0] == "accepted":
                        found.append((str(report[1]), str(report[2])))
        return found

    def _ids_differences(self, arrived: list[tuple[str, str]]) -> list[str]:
        """Return orders that the venue took twice, and such as no intent of ours made."""
        found: list[str] = []
        for order_id, venue_id in arrived:
            known_id = self._venue_ids.setdefault(order_id, venue_id)
            if known_id != venue_id:
                found.append(f"order {order_id} is at the venue as {known_id} and as {venue_id}")
            if order_id not in self.records.order_ids:
                found.append(f"order {order_id} is at the venue, and no intent is in the journal")
        return found
