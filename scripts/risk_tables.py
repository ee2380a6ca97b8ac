"""Writes the tables of `docs/risk.md` that come from the code; with `--check` it compares."""

import sys
from pathlib import Path

import msgspec

from hexdesk.application.risk.catalog import KINDS
from hexdesk.application.risk.ladders import LadderSettings
from hexdesk_app.config.risk import RiskSettings

PAGE = Path(__file__).parents[1] / "docs" / "risk.md"
HEADS = (
    "| rule | about | layer | settings | code | ids |\n|---|---|---|---|---|---|\n",
    "| key | type | default | meaning |\n|---|---|---|---|\n",
)


def rule_table() -> str:
    """Return a row for each rule, in the order in which they are asked."""
    common = {field.name for field in msgspec.structs.fields(LadderSettings)}
    rows: list[str] = []
    for kind in KINDS:
        fields = msgspec.structs.fields(kind.settings)
        shown = [
            f"`{field.encode_name}` {field.default}"
            for field in fields
            if not (kind.watches and field.name in common and field.default == "off")
            and field.name not in ("throttle_s", "cool_down_s")
        ]
        unit = f" ({kind.unit})" if kind.unit else ""
        settings = ", ".join(shown).replace("True", "true").replace("False", "false") + unit
        ids = " ".join(kind.seeds)
        rows.append(
            f"| `{kind.name}` | {kind.summary} | {kind.layer.value} | {settings.strip()} |"
            f" `{kind.code}` | {ids} |"
        )
    return "\n".join(rows) + "\n\n"


def key_table() -> str:
    """Return a row for each setting of `[risk]` that says how rules are kept."""
    doc = RiskSettings.__doc__ or ""
    lines = [line.strip().partition(": ") for line in doc.splitlines() if ": " in line]
    meanings = {name: text for name, _, text in lines}
    rows = [
        f"| `{field.encode_name}` | {_kind(field)} | `{_value(field.default)}` |"
        f" {meanings[field.name]} |"
        for field in msgspec.structs.fields(RiskSettings)
    ]
    return "\n".join(rows) + "\n\n"


def _kind(field: msgspec.structs.FieldInfo) -> str:
    return {str: "text", int: "whole number", bool: "true or false"}.get(
        field.type, "10, 25, 50, 100"
    )


def _value(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else str(default)


def written(page: str) -> str:
    """Return the page with its tables as they should be."""
    for head, rows in zip(HEADS, (rule_table(), key_table()), strict=True):
        before, _, after = page.rpartition(head)
        _old, blank, rest = after.partition("\n\n")
        if not blank:
            raise ValueError(head)
        page = before + head + rows + rest
    return page


def main() -> int:
    """Write, or compare."""
    page = PAGE.read_text(encoding="utf-8")
    wanted = written(page)
    if "--check" in sys.argv:
        return int(page != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
