"""The latest events by number, in a list that is written round and round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.application.control.ring import EventRing
from hexdesk.ports.control_events import EventKind


@given(capacity=st.integers(1, 9), count=st.integers(0, 40), data=st.data())
def test_what_lies_between_two_numbers(capacity: int, count: int, data: st.DataObject) -> None:
    ring = EventRing(capacity)
    for number in range(count):
        ring.add(number, EventKind.ORDER, "a", number)
    assert ring.oldest == max(count - capacity, 0) + 1
    first = data.draw(st.integers(ring.oldest, count + 1))
    last = data.draw(st.integers(first - 1, count))
    found = ring.between(first, last)
    assert [each.sequence for each in found] == list(range(first, last + 1))
    assert found == [ring.get(number) for number in range(first, last + 1)]


def test_what_is_not_kept_is_not_there() -> None:
    ring = EventRing(2)
    for number in range(3):
        ring.add(number, EventKind.ORDER, "a", number)
    for missing in (1, 4):
        with pytest.raises(KeyError):
            ring.get(missing)
