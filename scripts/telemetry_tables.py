"""Write the table of metrics into docs/telemetry.md: `python -m scripts.telemetry_tables`.

A test compares; the table itself is never written by hand.
"""

from pathlib import Path

from hexdesk.domain.metrics import METRICS

PAGE = Path(__file__).parents[1] / "docs" / "telemetry.md"
BEGIN = "<!-- metrics: python -m scripts.telemetry_tables -->\n"
END = "<!-- end of metrics -->\n"


def table() -> str:
    """Return the table of all metrics."""
    lines = ["| name | kind | unit | labels | meaning |", "|---|---|---|---|---|"]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        unit = f"`{metric.unit}`" if metric.unit else ""
        cells = (f"`{metric.name}`", metric.kind.value, unit, labels, f"{metric.text}.")
        lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines) + "\n"


def written(text: str) -> str:
    """Return a page with the table of today."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
