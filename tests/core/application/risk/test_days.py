"""Trading days of the account: where they begin, in its time zone, and what a restart remembers."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import example, given
from msgspec.structs import replace

from hexdesk.application.desk import Desk
from hexdesk.application.durability.replay import read_life
from hexdesk.application.risk.days import TradingDays
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.plan import RiskPlan
from hexdesk.domain.market import Quote
from hexdesk.testing.broker_bench import ASK, SIZE
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, plan

ZONES = ("UTC", "Asia/Tokyo", "America/New_York", "Asia/Shanghai", "Europe/London", "Asia/Kolkata")
HOUR_NS = 3_600 * 10**9
TOKYO = TradingDays(ZoneInfo("Asia/Tokyo"))


@example(zone="America/New_York", start=121, moment=datetime(2016, 3, 12, 7, 1))  # noqa: DTZ001
@example(zone="America/New_York", start=90, moment=datetime(2016, 11, 6, 6, 15))  # noqa: DTZ001
@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 1_439),
    moment=st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - made UTC below
)
def test_every_moment_is_in_one_day_that_begins_at_its_minute(
    zone: str, start: int, moment: datetime
) -> None:
    days = TradingDays(ZoneInfo(zone), start)
    now_ns = int(moment.replace(tzinfo=UTC).timestamp()) * 10**9
    begin, end = days.bounds(now_ns)
    assert begin <= now_ns < end
    assert 23 * HOUR_NS <= end - begin <= 25 * HOUR_NS, "an hour more or less where clocks change"
    assert days.bounds(begin) == (begin, end) == days.bounds(end - 1)
    assert days.bounds(end)[0] == end
    local = datetime.fromtimestamp(begin // 10**9, ZoneInfo(zone))
    wanted = local.replace(hour=start // 60, minute=start % 60)
    assert abs(local - wanted) <= timedelta(hours=1), "only a minute that clocks skip is another"


def losing(wanted: RiskPlan) -> RiskRig:
    """Return a desk with 1,000 USDT that holds a lot, a tick of which is 0.5 USDT."""
    rig = RiskRig(wanted, deposit="1000 USDT")
    rig.quote(ASK, ASK)
    rig.hold(1, ASK)
    rig.quote(ASK, ASK)
    return rig


def test_a_days_loss_is_that_of_the_accounts_day_and_not_of_another() -> None:
    """It is 07:13 in Tokyo, and 22:13 of the day before by UTC."""
    rig = losing(replace(plan(daily_loss={"warn": "1.5", "reduce": "3"}), days=TOKYO))
    rig.quote(ASK - 2_000, ASK - 2_000)
    for hours, level in ((0, "WARN"), (2, "WARN"), (14.7, "WARN"), (0.2, "NORMAL")):
        rig.later(hours * 3_600)
        assert rig.levels().get((ACCOUNT, "daily_loss"), "NORMAL") == level, hours
    rig.quote(ASK - 4_900, ASK - 4_900)
    assert rig.levels() == {(ACCOUNT, "daily_loss"): "WARN"}, "2.9 % since that day began"


def again(rig: RiskRig, wanted: RiskPlan) -> tuple[Desk, RiskEngine]:
    """Return the desk of a restart, and its risk."""
    desk = read_life(rig.records)
    assert desk is not None
    return desk, RiskEngine(desk, wanted).attach()


def show(desk: Desk, price: int, now_ns: int) -> None:
    desk.on_quote(Quote(ID, price, SIZE, price, SIZE, now_ns, now_ns))


@pytest.mark.parametrize(("hours", "level"), [(1, "REDUCING"), (20, "NORMAL")])
def test_a_restart_goes_on_with_the_day_and_a_new_day_begins_anew(hours: int, level: str) -> None:
    wanted = replace(plan(daily_loss={"warn": "off", "reduce": "3"}), days=TOKYO)
    rig = losing(wanted)
    rig.quote(ASK - 2_000, ASK - 2_000)
    desk, _ = again(rig, wanted)
    show(desk, ASK - 3_100, rig.now() + hours * HOUR_NS)
    found = desk.risk.steps.get((ACCOUNT, "daily_loss"))
    assert (found.level.name if found else "NORMAL") == level


def test_a_restart_remembers_the_peak() -> None:
    wanted = plan(drawdown={"warn": "off", "reduce": "15"})
    rig = losing(wanted)
    rig.later(61)
    rig.quote(ASK + 30_000, ASK + 30_000)
    desk, _ = again(rig, wanted)
    show(desk, ASK + 11_000, rig.now())
    assert not desk.risk.steps, "1,300 to 1,110: 14.6 %"
    show(desk, ASK + 10_000, rig.now())
    assert desk.risk.steps[ACCOUNT, "drawdown"].level.name == "REDUCING"
