"""The incidents of reconciliation as a desk keeps them: in its journal, over restarts."""

from hexdesk.domain.commands import NoteIncident

NOTES_MAX = 1_000
"""Incidents remembered; beyond it those resolved the longest ago are forgotten first."""


class IncidentNotes:
    """The latest word on each incident, oldest first."""

    __slots__ = ("_notes",)

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int], NoteIncident] = {}

    def take(self, note: NoteIncident) -> None:
        """Remember what an incident is now."""
        self._notes[note.broker, note.incident] = note
        if len(self._notes) > NOTES_MAX:
            resolved = (place for place, each in self._notes.items() if each.resolved_ns)
            del self._notes[next(resolved, next(iter(self._notes)))]

    def of(self, broker: str) -> list[NoteIncident]:
        """Return the incidents of a broker."""
        return [note for note in self._notes.values() if note.broker == broker]

    def describe(self) -> tuple[NoteIncident, ...]:
        """Return all of them."""
        return tuple(self._notes.values())
