import pytest

from hexdesk_catalog.kinds import KINDS, OTHER_KINDS, Kind, kind_of, other_kind_of


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_is_told_by_its_columns(kind: Kind) -> None:
    assert kind_of([*kind.columns, "flags", "further"]) is kind
    assert other_kind_of(kind.columns) == ""


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_other_kinds_are_no_market_events(name: str) -> None:
    assert kind_of(OTHER_KINDS[name]) is None
    assert other_kind_of(OTHER_KINDS[name]) == name


def test_unknown_columns_are_no_kind() -> None:
    assert (kind_of(["a"]), other_kind_of(["a"])) == (None, "")
