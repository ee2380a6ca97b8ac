"""Summary and report of a run, also where there is little to tell or no place to write."""

import errno
import re
from datetime import timedelta, timezone
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk_app.display.look import Look
from hexdesk_app.display.numbers import moment
from hexdesk_app.display.tables import to_markdown
from hexdesk_app.report import render_page, summary_tables, write_report
from hexdesk_app.report.charts import Chart, good_step, render_chart, time_step_s
from hexdesk_app.report.page import drawdowns
from hexdesk_app.report.summary import net_result
from hexdesk_app.report.write import ReportError
from hexdesk_app.result import EquityPoint, RunResult, to_data
from tests.app.report.sample import EMPTY, INSTRUMENT, START_NS, make_result

RESULT = make_result()
FUNDED = msgspec.structs.replace(
    RESULT,
    funding="-1.5",
    strategies=tuple(msgspec.structs.replace(each, funding="-1.5") for each in RESULT.strategies),
)
START_UTC = moment(START_NS)
START_TOKYO = moment(START_NS, timezone(timedelta(hours=9)))
VOID = {"meta", "input"}


class Checker(HTMLParser):
    """Checks that tags are closed in order, and collects texts and references."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [str(value) for name, value in attrs if name in {"src", "href", "action"}]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parsed(result: RunResult) -> Checker:
    checker = Checker()
    checker.feed(render_page(result))
    checker.close()
    assert checker.stack == []
    return checker


def test_the_page_holds_everything_and_asks_for_nothing() -> None:
    page = parsed(RESULT)
    text = " ".join(page.texts)
    for word in ("demo", "paper", "sample:btcusdt", "+204.55", "mm-btc", "VENUE_POST_ONLY"):
        assert word in text
    for word in (INSTRUMENT, "5f3a91c07be2d846", "plugins.toml:3", "quotes.csv", "215 k/s"):
        assert word in text
    assert page.links == []
    assert re.search(r"https?:|url\(|@import|<script", render_page(RESULT)) is None
    assert "default-src 'none'" in render_page(RESULT)


def test_times_are_shown_in_the_readers_zone_and_json_stays_utc() -> None:
    shown = [
        "\n".join(map(to_markdown, summary_tables(RESULT, Look(zone=zone))))
        + render_page(RESULT, Look(zone=zone))
        for zone in ("UTC", "Asia/Tokyo")
    ]
    for text, time in zip(shown, (START_UTC, START_TOKYO), strict=True):
        assert time in text
    assert START_UTC not in shown[1]
    assert "time (Asia/Tokyo)" in shown[1]
    assert to_data(RESULT)["start_ns"] == START_NS


@given(st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]), st.integers(1, 400_000))
def test_ticks_stand_at_the_round_times_of_the_zone(zone: str, span_s: int) -> None:
    span = (START_NS, START_NS + span_s * 10**9)
    chart = Chart(
        label="x", times_ns=span, values=(1.0, 2.0), kind="line", span_ns=span, zone=ZoneInfo(zone)
    )
    step_s = time_step_s(span_s)
    for text in re.findall(
        r'class="tick (?:mid|end)" x="[\d.]+" y="[\d.]+">([\d:]+)<', render_chart(chart)
    ):
        if text.count(":") and step_s < 86_400:
            hours, minutes, *seconds = map(int, text.split(":"))
            assert (hours * 3600 + minutes * 60 + sum(seconds)) % step_s == 0


def test_every_fill_of_the_sample_has_its_marker() -> None:
    page = render_page(RESULT)
    assert page.count('class="mark ') == len(RESULT.fill_samples)


@pytest.mark.parametrize(
    "result",
    [
        EMPTY,
        msgspec.structs.replace(EMPTY, events=1, start_ns=START_NS, end_ns=START_NS),
        msgspec.structs.replace(
            EMPTY,
            start_ns=START_NS,
            end_ns=START_NS,
            equity_curve=(EquityPoint(START_NS, "100"),),
            instruments={"X.Y": ()},
        ),
        msgspec.structs.replace(RESULT, interrupted=True, latency=None, instruments={}),
    ],
)
def test_little_to_tell_is_told_as_well(result: RunResult) -> None:
    parsed(result)
    assert summary_tables(result)


def test_what_others_wrote_is_escaped() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page = parsed(
        msgspec.structs.replace(
            RESULT,
            name=hostile,
            dataset=hostile,
            rejects={hostile: 1},
            warnings=(hostile,),
            versions={hostile: hostile},
            instruments={hostile: RESULT.instruments[INSTRUMENT]},
        )
    )
    assert page.links == []


def test_the_summary_names_orders_fills_results_and_refusals() -> None:
    text = "\n\n".join(map(to_markdown, summary_tables(RESULT)))
    for words in (
        "1,826 made, 13 refused, 45 fills",
        "p50 4.2 µs",
        "| TOTAL",
        "+204.55",
        "VENUE_POST_ONLY",
    ):
        assert words in text
    assert "Results by currency" not in text


def test_json_names_are_stable_and_money_is_text() -> None:
    data = to_data(RESULT)
    stable = ["result_hash", "orders", "fills", "rejects", "realised_pnl", "unrealised_pnl", "fees"]
    assert list(data)[:11] == [*stable, "position", "events", "seconds", "report"]
    assert data["realised_pnl"] == "224.92"
    assert data["position"] == {INSTRUMENT: "0.01"}
    assert data["per_second"] == 214757.3
    assert len(msgspec.json.encode(data)) < 5_000


def test_a_report_is_written_whole(tmp_path: Path) -> None:
    path = write_report(RESULT, tmp_path / "new folder" / "report.html")
    assert path.read_text().endswith("</html>\n")
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_full_disk_keeps_the_older_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("older")

    def full(_descriptor: int) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ReportError, match="No space left on device") as caught:
        write_report(RESULT, path)
    assert "--report" in caught.value.remedy
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_is_no_folder_is_reported() -> None:
    with pytest.raises(ReportError, match="cannot be written"):
        write_report(RESULT, Path("/dev/full/report.html"))


def test_a_full_device_is_reported_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.symlink_to("/dev/full")
    with pytest.raises(ReportError, match="No space left on device"):
        write_report(RESULT, path)
    assert path.is_char_device()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "latest.html"
    link.symlink_to(tmp_path / "there" / "report.html")
    write_report(RESULT, link)
    assert link.is_symlink()
    assert link.read_text().endswith("</html>\n")


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ReportError):
        write_report(RESULT, tmp_path)
    assert list(tmp_path.parent.glob(".*.part")) == []


@given(st.floats(1e-6, 1e12), st.integers(2, 10))
def test_a_good_step_gives_few_enough_parts(span: float, ticks_max: int) -> None:
    step = good_step(span, ticks_max)
    assert span / step <= ticks_max * (1 + 1e-6)
    assert step <= span / ticks_max * 2.51


@given(st.floats(0, 1e10))
def test_a_time_step_gives_few_enough_parts(span_s: float) -> None:
    assert span_s / time_step_s(span_s) <= 8


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20),
    st.sampled_from(["line", "area", "steps"]),
    st.integers(0, 10**17),
)
def test_any_curve_can_be_drawn(values: list[float], kind: str, span_ns: int) -> None:
    times = [START_NS + i for i in range(len(values))]
    chart = Chart(
        label="x",
        times_ns=times,
        values=values,
        kind=kind,  # type: ignore[arg-type]
        span_ns=(START_NS, START_NS + span_ns),
    )
    svg = render_chart(chart)
    assert "nan" not in svg
    assert svg.count('class="tick end"') <= 8 + 9


@given(st.lists(st.floats(-1e6, 1e6), max_size=30))
def test_a_drawdown_is_never_above_zero(equity: list[float]) -> None:
    found = drawdowns(equity)
    assert all(value <= 0 for value in found)
    assert len(found) == len(equity)


def test_funding_is_shown_where_there_is_any() -> None:
    plain, funded = (
        next(table for table in summary_tables(result) if table.title == "Strategies")
        for result in (RESULT, FUNDED)
    )
    headers = [column.header for column in funded.columns]
    assert "funding" not in [column.header for column in plain.columns]
    assert headers[headers.index("fees") :][:3] == ["fees", "funding", "net"]
    assert "funding" in parsed(FUNDED).texts
    assert "funding" not in parsed(RESULT).texts
    assert to_data(FUNDED)["funding"] == "-1.5"


def test_funding_is_part_of_the_net_result() -> None:
    assert Decimal(net_result(FUNDED)) - Decimal(net_result(RESULT)) == Decimal("-1.5")
