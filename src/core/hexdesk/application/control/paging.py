"""Pages: their sizes and tokens. A token says where to go on and which filters it belongs to."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from hexdesk.ports.control import (
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    ControlError,
    FieldFault,
    Page,
    PageQuery,
    Reason,
)

A = TypeVar("A")
T = TypeVar("T")

SCAN_MAX = 20_000
"""Items looked at for one page; a narrow filter then gives short pages, and holds nobody up."""
_MARK_BYTES = 6


def page_size(query: PageQuery[Any]) -> int:
    """Return how many items are asked for.

    Raises:
        ControlError: It is out of bounds.
    """
    if not 0 <= query.page_size <= PAGE_SIZE_MAX:
        raise _invalid("page_size", f"expected 0 to {PAGE_SIZE_MAX}, was {query.page_size}")
    return query.page_size or PAGE_SIZE_DEFAULT


def read_token(query: PageQuery[Any]) -> str:
    """Return where a token says to go on; empty for the first page.

    Raises:
        ControlError: It is damaged, or of a query with other filters.
    """
    if not query.page_token:
        return ""
    mark, _, place = query.page_token.partition(".")
    if mark != _mark(query) or not place:
        raise _invalid("page_token", "expected next_page_token of a page with the same filters")
    return place


def make_token(query: PageQuery[Any], place: str) -> str:
    """Return the token that goes on at a place."""
    return f"{_mark(query)}.{place}"


def page_of(
    query: PageQuery[Page[A]], items: Iterable[tuple[str, T]], show: Callable[[T], A]
) -> Page[A]:
    """Return a page of items that are sorted by key, ascending."""
    size, after = page_size(query), read_token(query)
    shown: list[A] = []
    last = ""
    for key, item in items:
        if key <= after and after:
            continue
        if len(shown) == size:
            return Page(tuple(shown), make_token(query, last))
        shown.append(show(item))
        last = key
    return Page(tuple(shown))


def _mark(query: PageQuery[Any]) -> str:
    bare = msgspec.structs.replace(query, page_token="", page_size=0)
    text = f"{type(query).__name__}:{bare!r}"
    return blake2b(text.encode(), digest_size=_MARK_BYTES).hexdigest()


def _invalid(field: str, text: str) -> ControlError:
    return ControlError(Reason.FIELD_INVALID, f"{field}: {text}", faults=[FieldFault(field, text)])
