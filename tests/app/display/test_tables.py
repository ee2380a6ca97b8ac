"""Tables on a terminal and in a pipe."""

from io import StringIO

import msgspec
import pytest
from rich.console import Console

from hexdesk_app.display.numbers import MINUS
from hexdesk_app.display.tables import make_table, to_markdown, to_rich

TABLE = make_table(
    "Results",
    ("name", "#orders", "+net"),
    [("a|b", "1,000", "+5.00"), ("波动", "2", f"{MINUS}7.00"), ("TOTAL", "1,002", f"{MINUS}2.00")],
    total=True,
)


def test_a_pipe_gets_aligned_markdown() -> None:
    assert to_markdown(TABLE).splitlines() == [
        "**Results**",
        "",
        "| name  | orders |   net |",
        "| ----- | -----: | ----: |",
        "| a\\|b  |  1,000 | +5.00 |",
        f"| 波动  |      2 | {MINUS}7.00 |",
        f"| TOTAL |  1,002 | {MINUS}2.00 |",
    ]


def shown(up_color: str) -> str:
    text = StringIO()
    console = Console(file=text, force_terminal=True, color_system="standard", width=80)
    console.print(to_rich(TABLE, up_color))
    return text.getvalue()


def test_gains_and_losses_have_switchable_colours() -> None:
    green, red = "\x1b[32m", "\x1b[31m"
    assert f"{green}+5.00" in shown("green")
    assert f"{red}{MINUS}7.00" in shown("green")
    assert f"{red}+5.00" in shown("red")
    assert f"{green}{MINUS}7.00" in shown("red")


WIDE = make_table(
    "Strategies",
    ("strategy", "state", "#orders", "+realised", "+unrealised", "#fees", "currency"),
    [
        ("trend-btc", "running", "13", f"{MINUS}1.79", "0.00", "15.42", "USDT"),
        ("TOTAL", "", "13", f"{MINUS}1.79", "0.00", "15.42", "USDT"),
    ],
    total=True,
)


@pytest.mark.parametrize(
    ("rows", "width", "first", "frame"),
    [(2, 80, "╭", True), (2, 50, "╭", True), (9, 70, "strategy", False)],
)
def test_no_word_is_broken_where_a_layout_fits(
    rows: int, width: int, first: str, *, frame: bool
) -> None:
    """In boxes; else with a column for each of few rows; else without a frame."""
    text = StringIO()
    table = msgspec.structs.replace(WIDE, rows=(WIDE.rows * rows)[-rows:])
    Console(file=text, width=width).print(to_rich(table))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert lines[1].startswith(first)
    assert ("│" in text.getvalue()) is frame
    for word in (*(each.header for each in WIDE.columns), *WIDE.rows[0][1:]):
        assert any(word in line.replace("│", " ").split() for line in lines), word


def test_sentences_are_folded_between_their_words() -> None:
    text = StringIO()
    Console(file=text, width=30).print(
        to_rich(make_table("", ("", ""), [("why", "it is so " * 9)]))
    )
    assert text.getvalue().count("│ why ") == 1
    assert text.getvalue().startswith("╭")


def test_where_nothing_fits_all_is_shown_all_the_same() -> None:
    text = StringIO()
    Console(file=text, width=20).print(to_rich(WIDE))
    assert max(map(len, text.getvalue().splitlines())) <= 20


def test_a_table_without_rows_is_still_a_table() -> None:
    assert to_markdown(make_table("", ("a", "b"), [])) == "| a   | b   |\n| --- | --- |"
