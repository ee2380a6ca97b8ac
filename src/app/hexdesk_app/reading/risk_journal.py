"""What a journal says of risk: levels, steps, changes by people, refusals."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from hexdesk.application.durability.state import decode_state
from hexdesk.application.risk.capital import SHARED
from hexdesk.application.risk.memory import RiskMemory
from hexdesk.domain.reports import OrderDenied
from hexdesk.domain.risk import CapitalSet, RiskChanged, RiskNote, RiskNoted, RiskStepped
from hexdesk_app.display.numbers import moment
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.reading.journals import open_journal
from hexdesk_app.reading.risk_text import facts_of

LEVEL = "RISK_LEVEL_"
"""Before the name of a level, as in the API's contract."""


def journal_report(path: Path | None) -> dict[str, object]:
    """Return what a journal says of risk, in the words of the report of a running desk.

    Raises:
        HexdeskError: There is no journal, or it is damaged.
    """
    reader = open_journal(path)
    snapshot = reader.snapshot()
    if reader.first_sequence <= 1 or snapshot is None:
        return read_report(record for _, record in reader.records())
    past = decode_state(snapshot.state).risk
    return read_report((record for _, record in reader.records(after=snapshot.sequence)), past)


def read_report(records: Iterable[object], past: Iterable[RiskNote] = ()) -> dict[str, object]:
    """Return what records say of risk, and notes of a snapshot before them.

    Under `rules` are levels above NORMAL at the end; then every step of the ladder, changes by
    people, what rules remember, and refused orders by code.
    """
    memory = RiskMemory()
    history: list[dict[str, object]] = []
    changes: list[dict[str, object]] = []
    denials: Counter[str] = Counter()
    for record in (*past, *records):
        match record:
            case RiskStepped() | RiskNoted() | RiskChanged():
                memory.take(record)
                if isinstance(record, RiskStepped):
                    history.append(_step(record))
                elif isinstance(record, RiskChanged):
                    changes.append(msgspec.structs.asdict(record))
            case CapitalSet():
                changes.append(_division(record))
            case OrderDenied(code=code):
                denials[code] += 1
            case _:
                continue
    return {
        "rules": [_step(step) for _, step in sorted(memory.steps.items())],
        "history": history,
        "changes": changes,
        "notes": [msgspec.structs.asdict(note) for _, note in sorted(memory.notes.items())],
        "denials": dict(denials.most_common()),
    }


def report_tables(data: Mapping[str, Any]) -> list[Table]:
    """Return the tables of a journal's report."""
    headers = ("since", "rule", "scope", "level", "#use", "#limit", "by", "reason")

    def row(step: Mapping[str, Any]) -> tuple[str, ...]:
        return (
            moment(step["since_ns"]), step["rule"], step["scope"],
            step["level"].removeprefix(LEVEL), step["use"], step["limit"], step["by"],
            step["reason"],
        )  # fmt: skip

    changed = [
        (moment(each["ts_init"]), f"{each['rule']}.{each['key']}", each["scope"],
         each["before"], each["value"], each["by"], each["confirmed_by"], each["reason"])
        for each in data["changes"]
    ]  # fmt: skip
    return [
        make_table("levels at the end", headers, [row(each) for each in data["rules"]]),
        make_table("steps", headers, [row(each) for each in data["history"]]),
        make_table(
            "changes", ("when", "what", "scope", "#before", "#after", "by", "second", "reason"),
            changed,
        ),
        make_table(
            "refusals", ("code", "#orders"),
            [(code, str(number)) for code, number in data["denials"].items()],
        ),
    ]  # fmt: skip


def _division(note: CapitalSet) -> dict[str, object]:
    """Return a change of capital as one of a setting."""
    return {
        "rule": "allocation",
        "key": "capital",
        "value": str(note.capital or SHARED),
        "before": str(note.before or SHARED),
        "by": note.by,
        "reason": note.reason,
        "confirmed_by": note.confirmed_by,
        "ts_init": note.ts_init,
        "scope": f"strategy:{note.strategy_id}",
    }


def _step(step: RiskStepped) -> dict[str, object]:
    facts = facts_of(step.text)
    return {
        "rule": step.rule,
        "scope": step.scope,
        "level": f"{LEVEL}{step.level.name}",
        "code": step.code,
        "use": facts.get("measured", ""),
        "limit": facts.get("limit", ""),
        "since_ns": step.ts_init,
        "by": step.by,
        "reason": step.reason,
        "text": step.text,
    }
