import pytest

from hexdesk.domain.metrics import Log2Histogram
from hexdesk.errors import ConfigError
from hexdesk.ports.telemetry import Reading, Readings
from hexdesk_app.alerting.rules import BUILT_IN, RuleBook, event_remedy
from hexdesk_app.config.schema import AlertRule

S = 10**9


def at(seconds: int, *values: Reading) -> Readings:
    return Readings(seconds * S, 0, values)


def test_the_built_in_rules_make_sense() -> None:
    """E32: thresholds on memory, disk, latency, drawdown and more."""
    RuleBook(BUILT_IN)
    assert all(rule.text and rule.remedy for rule in BUILT_IN.values())


def test_a_breach_names_its_labels_value_and_limit() -> None:
    """B17: a drawdown over 10 % is a warning."""
    assert BUILT_IN["drawdown"].level == "warning"
    book = RuleBook({"drawdown": BUILT_IN["drawdown"]})
    (verdict,) = book.judge(at(1, Reading("hexdesk.account.drawdown", ("USDT",), 0.125)))
    assert verdict.is_breached
    assert verdict.scope == "currency=USDT"
    assert verdict.text == "drawdown above 10 %: 0.125 (limit 0.1)"


def test_a_breach_must_last() -> None:
    book = RuleBook({"doubt": BUILT_IN["doubt"]})
    doubt, none = (Reading("hexdesk.order.in_doubt", (), number) for number in (1, 0))
    assert not book.judge(at(0, doubt))[0].is_breached
    assert book.judge(at(10, doubt))[0].is_breached
    assert not book.judge(at(11, none))[0].is_breached
    assert not book.judge(at(12, doubt))[0].is_breached


def test_a_rate_compares_growth() -> None:
    book = RuleBook({"queue": BUILT_IN["queue"]})
    assert book.judge(at(0, Reading("hexdesk.inbox.dropped", (), 7))) == []
    assert not book.judge(at(1, Reading("hexdesk.inbox.dropped", (), 7)))[0].is_breached
    assert book.judge(at(2, Reading("hexdesk.inbox.dropped", (), 8)))[0].is_breached


def test_a_histogram_is_judged_by_the_mean_of_what_is_new() -> None:
    book = RuleBook({"lag": AlertRule(metric="hexdesk.desk.loop_lag", above=0.5)})
    histogram = Log2Histogram()
    histogram.add(10 * S)
    assert book.judge(at(0, Reading("hexdesk.desk.loop_lag", (), histogram.distribution()))) == []
    histogram.add(S // 10)
    (verdict,) = book.judge(at(1, Reading("hexdesk.desk.loop_lag", (), histogram.distribution())))
    assert verdict.value == pytest.approx(0.1)
    assert not verdict.is_breached


def test_labels_choose() -> None:
    book = RuleBook({"stale_feed": BUILT_IN["stale_feed"]})
    broker = Reading("hexdesk.link.up", ("broker", "sim"), 0)
    feed = Reading("hexdesk.link.up", ("feed", "okx"), 0)
    (verdict,) = book.judge(at(0, broker, feed))
    assert verdict.scope == "kind=feed,link=okx"


@pytest.mark.parametrize(
    "rule",
    [
        AlertRule(metric="hexdesk.nothing", above=1),
        AlertRule(metric="hexdesk.inbox.depth"),
        AlertRule(metric="hexdesk.inbox.depth", above=1, below=0),
        AlertRule(metric="hexdesk.inbox.depth", above=1, labels={"x": "y"}),
        AlertRule(metric="hexdesk.inbox.depth", above=1, rate=True),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: AlertRule) -> None:
    with pytest.raises(ConfigError):
        RuleBook({"x": rule})


def test_a_halt_names_the_remedy_of_its_cause() -> None:
    assert event_remedy("HALTED", "by the operator") == "hexdesk risk rearm --reason ..."
    assert "start the desk again" in event_remedy("HALTED", "JOURNAL_UNWRITABLE: no space left")
    assert "set the account's mode back" in event_remedy("HALTED", "MODE: it is hedging")
    assert event_remedy("POSITION_QUANTITY", "our fills add up to 1") == "hexdesk reconcile"
    assert event_remedy("VERB_DONE", "flatten everywhere: the broker is back") == ""
