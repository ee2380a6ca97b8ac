"""Pages of a list give everything once: what the desk remembers, then what its archive holds."""

import asyncio
from collections.abc import Callable
from operator import attrgetter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.application.control.listing import PIECE, Listing, Older
from hexdesk.application.control.numbered import Numbered
from hexdesk.application.control.paging import SCAN_MAX
from hexdesk.ports.control import ControlError, Page, PageQuery, at_once
from hexdesk.ports.control_history import Before


class Item(msgspec.Struct, frozen=True):
    """Something that came to be at a time."""

    number: int
    ts_ns: int


class Ask(PageQuery[Page[Item]], frozen=True, kw_only=True):
    """Lists items; `odd_only` leaves half of them out."""

    odd_only: bool = False


class Rig:
    """A list whose archive knows every item, and whose desk remembers some."""

    def __init__(self, times: list[int], capacity: int, forgotten: int = 0) -> None:
        self.every = [Item(number, ts_ns) for number, ts_ns in enumerate(times, start=1)]
        self.numbered = Numbered[Item](capacity)
        self.forgotten = forgotten
        self.is_archived = True
        self.asked = 0
        for each in self.every:
            self.numbered.add(each)
        self.listing = Listing[Ask, Item, Item](
            self.numbered, self._time_of, self._show, self._archive
        )

    def add(self, ts_ns: int) -> None:
        """Let another item come."""
        self.every.append(Item(len(self.every) + 1, ts_ns))
        self.numbered.add(self.every[-1])

    def pages(self, query: Ask, between: Callable[[], None] = lambda: None) -> list[Item]:
        """Return the items of all pages."""
        found: list[Item] = []
        token = ""
        while True:
            wanted = msgspec.structs.replace(query, page_token=token)
            page = asyncio.run(self.listing.page(wanted, at_once))
            assert len(page.items) <= query.page_size
            found += page.items
            token = page.next_page_token
            if not token:
                return found
            between()

    def _time_of(self, item: Item) -> int | None:
        return None if item.number <= self.forgotten else item.ts_ns

    def _show(self, query: Ask, item: Item) -> Item | None:
        return item if item.number % 2 or not query.odd_only else None

    def _archive(self) -> Older[Ask, Item] | None:
        return Older(self._older, attrgetter("ts_ns")) if self.is_archived else None

    async def _older(self, query: Ask, before: Before, limit: int) -> Page[Item]:
        self.asked += 1
        kept = [
            each for each in reversed(self.every) if not before.ts_ns or each.ts_ns < before.ts_ns
        ]
        first = int(before.token or 0)
        last = first + limit
        found = tuple(each for each in kept[first:last] if self._show(query, each))
        return Page(found, str(last) if last < len(kept) else "")


@given(
    times=st.lists(st.integers(0, 30), max_size=60).map(sorted),
    capacity=st.integers(1, 40),
    forgotten=st.integers(0, 60),
    page_size=st.integers(1, 12),
    odd_only=st.booleans(),
)
def test_every_item_comes_once_newest_first(
    times: list[int], capacity: int, forgotten: int, page_size: int, odd_only: bool
) -> None:
    rig = Rig(times, capacity, forgotten)
    query = Ask(page_size=page_size, odd_only=odd_only)
    wanted = [each for each in reversed(rig.every) if each.number % 2 or not odd_only]
    found = rig.pages(query)
    assert len(found) == len({each.number for each in found}), "once"
    assert sorted(found, key=lambda item: -item.number) == wanted
    assert [each.ts_ns for each in found] == sorted(times_of(found), reverse=True)


def times_of(items: list[Item]) -> list[int]:
    return [each.ts_ns for each in items]


@given(page_size=st.integers(1, 12), come=st.integers(1, 30), together=st.integers(1, 9))
def test_what_comes_and_is_forgotten_between_pages_hides_nothing(
    page_size: int, come: int, together: int
) -> None:
    rig = Rig([number // together for number in range(50)], capacity=40)

    def between() -> None:
        for _ in range(come):
            rig.add(50 + len(rig.every) // together)

    assert [each.number for each in rig.pages(Ask(page_size=page_size), between)] == list(
        range(50, 0, -1)
    )


def test_without_an_archive_a_list_ends_with_what_is_remembered() -> None:
    rig = Rig(list(range(50)), capacity=40, forgotten=45)
    rig.is_archived = False
    assert [each.number for each in rig.pages(Ask(page_size=10))] == [50, 49, 48, 47, 46]
    rig.forgotten = 0
    assert len(rig.pages(Ask(page_size=7))) == 40


def test_the_archive_is_left_alone_while_the_desk_remembers() -> None:
    rig = Rig(list(range(50)), capacity=40)
    page = asyncio.run(rig.listing.page(Ask(page_size=39), at_once))
    assert (len(page.items), bool(page.next_page_token), rig.asked) == (39, True, 0)


def test_a_long_list_is_made_in_pieces() -> None:
    rig = Rig(list(range(2 * SCAN_MAX)), capacity=2 * SCAN_MAX)
    pauses = [0]

    async def pause() -> None:
        pauses[0] += 1

    page = asyncio.run(rig.listing.page(Ask(page_size=1_000), pause))
    assert len(page.items) == 1_000
    assert pauses[0] == 1_000 // PIECE


@pytest.mark.parametrize(
    "place", ["x.1.0:", "1.x.0:", "1.1:", "1", "-1.0.0:", "\u0661.0.0:", f"1.0.{'9' * 30}:"]
)
def test_a_token_that_is_none_of_the_list_is_refused(place: str) -> None:
    rig = Rig([1, 2, 3], capacity=3)
    token = asyncio.run(rig.listing.page(Ask(page_size=1), at_once)).next_page_token
    mark = token.partition(".")[0]
    with pytest.raises(ControlError) as caught:
        asyncio.run(rig.listing.page(Ask(page_size=1, page_token=f"{mark}.{place}"), at_once))
    assert caught.value.faults[0].field == "page_token"
