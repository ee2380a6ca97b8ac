from enum import IntEnum

import msgspec
import pytest
from hypothesis import given

from hexdesk.domain import values
from hexdesk.domain.market import MarketEvent, Quote
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import OrderEvent, VenueReport
from hexdesk.domain.values import CLOSED_LIVES, Life, ReportedStatus, Side
from hexdesk.testing.strategies import quotes, venue_histories

BOUND = {
    name: member
    for name, member in vars(values).items()
    if isinstance(member, IntEnum) and name.isupper()
}


@pytest.mark.parametrize(("name", "member"), BOUND.items())
def test_module_constants_are_the_members_of_their_name(name: str, member: IntEnum) -> None:
    assert member.name == name
    assert type(member)(member.value) is member


def test_sides_are_signs() -> None:
    assert Side.BUY == -Side.SELL == 1


def test_closed_lives_are_those_from_filled_on() -> None:
    assert {life for life in Life if life >= Life.FILLED} == CLOSED_LIVES


def test_every_life_can_be_reported_by_its_name() -> None:
    assert [ReportedStatus(int(life)).name for life in Life] == [life.name for life in Life]


@given(venue_histories())
def test_reports_survive_the_journal_format(
    history: tuple[NewOrder, tuple[VenueReport, ...]],
) -> None:
    _, reports = history
    encoded = msgspec.msgpack.encode(reports)
    assert msgspec.msgpack.decode(encoded, type=tuple[OrderEvent, ...]) == reports


@given(quotes())
def test_quotes_survive_the_journal_format(quote: Quote) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(quote), type=MarketEvent) == quote
