"""Lists, newest first: from what the desk remembers, and then from its archive.

A list is made in pieces, and ticks go between them. The desk remembers a bounded number of things;
where they end, pages go on with what the archive holds of earlier times.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from hexdesk.application.control.errors import invalid
from hexdesk.application.control.numbered import Numbered
from hexdesk.application.control.paging import SCAN_MAX, make_token, page_size, read_token
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import Page, PageQuery, Pause
from hexdesk.ports.control_history import Before

A = TypeVar("A")
T = TypeVar("T")
Q = TypeVar("Q", bound=PageQuery[Any])

PIECE = 4
"""Items looked at before ticks may go between."""
DIGITS_MAX = 20
_NUMBERS = 3


class Older(NamedTuple, Generic[Q, A]):
    """What holds earlier times.

    Attributes:
        older: Returns at most so many, newest first.
        time_of: When one of them came to be.
    """

    older: Callable[[Q, Before, int], Awaitable[Page[A]]]
    time_of: Callable[[A], TimeNs]


class Place(msgspec.Struct, frozen=True):
    """Where a page begins: at a number, or in the archive.

    Attributes:
        number: Of the first item that the desk remembers; 0 where the archive goes on.
        before: Where the archive goes on if the desk has forgotten that item meanwhile.
    """

    number: int
    before: Before


def _nothing() -> None:
    """There is no archive."""


class Listing(Generic[Q, T, A]):
    """One list."""

    def __init__(
        self,
        numbered: Numbered[T],
        time_of: Callable[[T], TimeNs | None],
        show: Callable[[Q, T], A | None],
        archive: Callable[[], Older[Q, A] | None] = _nothing,
    ) -> None:
        """Say what is listed.

        Args:
            numbered: What the desk remembers.
            time_of: When an item came to be; None if all that it tells of is forgotten.
            show: Shows an item, or returns None where the query leaves it out.
            archive: Returns what holds earlier times; None if nothing does.
        """
        self._numbered = numbered
        self._time_of = time_of
        self._show = show
        self._archive = archive

    async def page(self, query: Q, pause: Pause) -> Page[A]:
        """Return a page.

        Raises:
            ControlError: Its size is out of bounds, or the token is none of this list.
        """
        size, place = page_size(query), _place(read_token(query), self._numbered.count)
        archive, before = self._archive(), place.before
        shown: list[A] = []
        items = self._numbered.down_from(place.number)
        for scanned, (number, item) in enumerate(items, start=1):
            ts_ns = self._time_of(item)
            if ts_ns is None and archive is None:
                continue
            if ts_ns is None:
                break
            if len(shown) == size or scanned > SCAN_MAX:
                return Page(tuple(shown), _token(query, Place(number, before)))
            if ts_ns + 1 != before.ts_ns:
                before = Before(ts_ns + 1)
            found = self._show(query, item)
            if found is not None:
                shown.append(found)
                before = Before(before.ts_ns, before.known + 1)
            if scanned % PIECE == 0:
                await pause()
        if archive is None:
            return Page(tuple(shown))
        if len(shown) < size:
            older = await archive.older(query, before, size - len(shown))
            fresh = [each for each in older.items if archive.time_of(each) + 1 != before.ts_ns]
            same = older.items[: len(older.items) - len(fresh)]
            shown += (*same[before.known :], *fresh)
            if not older.next_page_token:
                return Page(tuple(shown))
            known = 0 if fresh else max(before.known - len(same), 0)
            before = Before(before.ts_ns, known, older.next_page_token)
        return Page(tuple(shown), _token(query, Place(0, before)))


def _place(text: str, latest: int) -> Place:
    if not text:
        return Place(latest, Before())
    numbers, _, token = text.partition(":")
    parts = numbers.split(".")
    if len(parts) != _NUMBERS or not all(map(_is_number, parts)):
        raise invalid("page_token", "expected next_page_token of the page before")
    number, ts_ns, known = map(int, parts)
    return Place(number, Before(ts_ns, known, token))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < DIGITS_MAX


def _token(query: PageQuery[Any], place: Place) -> str:
    before = place.before
    return make_token(query, f"{place.number}.{before.ts_ns}.{before.known}:{before.token}")
