"""What risk has to remember over a restart: levels, days and peaks, changed limits, capital.

It is part of what a desk knows: brought up to date by the notes in the journal, kept in snapshots.
"""

from hexdesk.domain.risk import (
    NORMAL,
    CapitalSet,
    Level,
    RiskChanged,
    RiskNote,
    RiskNoted,
    RiskStepped,
)


class RiskMemory:
    """Levels and notes of one desk.

    Attributes:
        steps: Levels above NORMAL, by scope and rule.
        notes: Numbers that rules remember, by scope and name.
        changes: Latest changes of settings, by `SCOPE/RULE.KEY`.
        capital: Latest change of each strategy's capital.
    """

    __slots__ = ("capital", "changes", "notes", "steps")

    def __init__(self) -> None:
        self.steps: dict[tuple[str, str], RiskStepped] = {}
        self.notes: dict[tuple[str, str], RiskNoted] = {}
        self.changes: dict[str, RiskChanged] = {}
        self.capital: dict[str, CapitalSet] = {}

    def take(self, note: RiskNote) -> None:
        """Remember a note, or forget what it ends."""
        match note:
            case RiskStepped(scope=scope, rule=rule, level=level):
                if level is NORMAL:
                    self.steps.pop((scope, rule), None)
                else:
                    self.steps[scope, rule] = note
            case RiskNoted(scope=scope, name=name):
                self.notes[scope, name] = note
            case RiskChanged(rule=rule, key=key, scope=scope):
                self.changes[f"{scope}/{rule}.{key}"] = note
            case CapitalSet(strategy_id=strategy_id):
                self.capital[strategy_id] = note

    def describe(self) -> tuple[RiskNote, ...]:
        """Return the notes that make it again."""
        return (
            *(self.steps[each] for each in sorted(self.steps)),
            *(self.notes[each] for each in sorted(self.notes)),
            *(self.changes[each] for each in sorted(self.changes)),
            *(self.capital[each] for each in sorted(self.capital)),
        )

    def level(self, scope: str, rule: str) -> Level:
        """Return the level that a rule holds a scope at."""
        step = self.steps.get((scope, rule))
        return NORMAL if step is None else step.level

    def worst(self, scope: str) -> RiskStepped | None:
        """Return the severest step of a scope; the first by name of equal ones."""
        found = [step for (each, _), step in sorted(self.steps.items()) if each == scope]
        return max(found, key=lambda step: step.level, default=None)

    def values(self, scope: str, name: str) -> tuple[int, ...]:
        """Return remembered numbers; empty without any."""
        note = self.notes.get((scope, name))
        return () if note is None else note.values
