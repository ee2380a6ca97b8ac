"""The five presets on real days: the expected rule trips, on the expected day, and saves something.

Ids of seed systems: A35, B7, B8, B15, C15, D9, D10, D40, D41.
"""

import pytest

from hexdesk.domain.risk import UNLIMITED
from scripts.risk_on_real_days import DAYS, PAGE, REFUSED, Day, local, page, replay
from tests.recorded import DATA, needs_data

pytestmark = needs_data
STOPS = {REFUSED, "REDUCING", "FLATTEN", "HALTED"}


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_the_expected_rule_trips_on_the_expected_day(day: Day) -> None:
    held = replay(day, day.preset, DATA)
    tripped = {
        (each.rule, local(each.ts_ns, day)[:10]) for each in held.tripped if each.level in STOPS
    }
    assert (day.rule, day.on) in tripped
    bare = replay(day, UNLIMITED, DATA)
    assert not any(each.level != REFUSED for each in bare.tripped), "no rule is on"
    assert bare.worst < held.worst < 0


def test_the_page_says_what_is_so() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(DATA), "run python -m scripts.risk_on_real_days"
