"""Finds an order in a journal: by its id, a venue's id, or how one begins; newest run first."""

from collections.abc import Iterator

import msgspec

from hexdesk.domain.commands import AdoptOrder
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, OrderAccepted
from hexdesk.ports.journal import JournalReader, JournalRecord
from hexdesk_app.problems import NotFoundError, UsageError

SHOWN_MAX = 10


class Found(msgspec.Struct, frozen=True):
    """An order in a journal.

    Attributes:
        client_order_id: Ours.
        number: Of the record that began it; None if that is no longer kept.
        run_id: Run that began it; empty if that is no longer kept.
    """

    client_order_id: str
    number: int | None
    run_id: str


class _Stretch(msgspec.Struct, frozen=True):
    """The records of one run."""

    run_id: str
    first: int
    end: int | None


class _Names(msgspec.Struct):
    """What one run says of orders whose id begins as wanted.

    Attributes:
        begun: Number of the first record of each, by client order id.
        venue_ids: The venue's ids, by client order id.
    """

    begun: dict[str, int]
    venue_ids: dict[str, str]


def find_order(reader: JournalReader, wanted: str) -> Found:
    """Return the order of an id; a whole id anywhere goes before the beginning of one.

    Raises:
        NotFoundError: No order has it.
        UsageError: Several orders begin so, or have the same id at the venue.
        DataError: The journal is damaged.
    """
    known = ""
    newest: set[str] = set()
    for stretch in _stretches(reader):
        names = _names(reader, stretch, known or wanted)
        if not known:
            exact = {wanted} & (names.begun.keys() | names.venue_ids.keys())
            exact = exact or {ours for ours, its in names.venue_ids.items() if its == wanted}
            known = _only(exact, wanted)
            newest = newest or names.begun.keys() | names.venue_ids.keys()
            if known and known not in names.begun:  # it went by the venue's id
                names = _names(reader, stretch, known)
        if known in names.begun:
            return Found(known, names.begun[known], stretch.run_id)
    if known:
        return Found(known, None, "")
    match = _only(newest, wanted)
    if not match:
        raise _not_found(wanted, reader.first_sequence)
    return Found(match, None, "") if match == wanted else find_order(reader, match)


def _not_found(wanted: str, first: int) -> NotFoundError:
    if first > 1:
        return NotFoundError(
            f"there is no order {wanted!r} in the journal, which begins with record {first}:"
            " earlier ones were given up",
            remedy=f"hexdesk history order {wanted} asks the read model;"
            f" hexdesk why {wanted} BACKUP a backup of the journal",
        )
    return NotFoundError(
        f"there is no order {wanted!r} in the journal",
        remedy="hexdesk journal cat --kind new,adopt lists them",
    )


def _stretches(reader: JournalReader) -> Iterator[_Stretch]:
    """Yield the runs of a journal, newest first; a run may have several segments."""
    end: int | None = None
    segments = list(reader.segments())
    for place in reversed(range(len(segments))):
        segment = segments[place]
        if place and segments[place - 1].run_id == segment.run_id:
            continue
        yield _Stretch(segment.run_id, segment.first_sequence, end)
        end = segment.first_sequence - 1


def _names(reader: JournalReader, stretch: _Stretch, wanted: str) -> _Names:
    names = _Names({}, {})
    for number, record in reader.records(stretch.first - 1):
        if stretch.end is not None and number > stretch.end:
            break
        _note(names, number, record, wanted)
    return names


def _note(names: _Names, number: int, record: JournalRecord, wanted: str) -> None:
    if isinstance(record, NewOrder | AdoptOrder):
        intent = record if isinstance(record, NewOrder) else record.intent
        if intent.client_order_id.startswith(wanted):
            names.begun.setdefault(intent.client_order_id, number)
    elif isinstance(record, OrderAccepted | Fill):
        ours, its = record.client_order_id, record.venue_order_id
        if (its and its.startswith(wanted)) or ours.startswith(wanted):
            names.venue_ids[ours] = its


def _only(ids: set[str], wanted: str) -> str:
    """Return the one id; empty for none."""
    if len(ids) > 1:
        some = sorted(ids)
        more = f" and {len(some) - SHOWN_MAX} more" if len(some) > SHOWN_MAX else ""
        raise UsageError(
            f"{len(some)} orders go by {wanted!r}",
            remedy=f"name one of {', '.join(some[:SHOWN_MAX])}{more}",
        )
    return next(iter(ids), "")
