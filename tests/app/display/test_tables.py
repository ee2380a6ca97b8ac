"""Tables on a terminal and in a pipe."""

from io import StringIO

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


def test_a_table_without_rows_is_still_a_table() -> None:
    assert to_markdown(make_table("", ("a", "b"), [])) == "| a   | b   |\n| --- | --- |"
