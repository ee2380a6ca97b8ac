"""What happens when, drawn from a seed: each kill of the desk ends one cycle, and stands alone."""

from enum import StrEnum
from random import Random

import msgspec

START_S_MAX = 1.4
"""Of a cycle that ends while the desk starts or reads its journal: its longest."""
BOOKS_S_MAX = 0.6
"""The same from when it has read its journal: it connects, asks and compares."""
RUN_S_MAX = 0.5
"""The same from when it was ready."""
STOP_S_MAX = 0.03
"""From the request to stop in good order, where the last snapshot is written, to the kill."""
FROM_READY_SHARE = 0.5
FROM_BOOKS_SHARE = 0.25
STOP_SHARE = 0.25
"""Of the kills of a desk that was ready: those that come while it stops in good order."""
VENUE_SHARE = 0.08
CUT_SHARE = 0.15
FAULTS_SHARE = 0.5
FAULTS_MAX = 3

Fault = dict[str, str | int | float]


class Blow(StrEnum):
    """What is done to the two processes or between them."""

    KILL_DESK = "kill_desk"
    STOP_DESK = "stop_desk"
    """It is asked to stop in good order, and killed on the way."""
    KILL_VENUE = "kill_venue"
    CUT = "cut"
    """Every connection breaks."""


class Since(StrEnum):
    """From when a cycle's first strike counts."""

    START = "start"
    BOOKS = "books"
    """The desk has read its journal."""
    READY = "ready"
    """It trades."""


class Strike(msgspec.Struct, frozen=True):
    """One blow, so many seconds after the one before it."""

    after_s: float
    blow: Blow


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """One life of the desk.

    Attributes:
        number: From 1.
        since: From when the first strike counts.
        faults: What the venue does wrong meanwhile, as it takes it at `/v1/admin/faults`.
        strikes: In order; the last kills the desk.
    """

    number: int
    since: Since
    faults: tuple[Fault, ...]
    strikes: tuple[Strike, ...]


LONGEST_S = {Since.START: START_S_MAX, Since.BOOKS: BOOKS_S_MAX, Since.READY: RUN_S_MAX}


def cycle_of(seed: int, number: int) -> Cycle:
    """Return a cycle: a pure function of both, whatever came before it."""
    chance = Random(f"{seed}:cycle:{number}")
    since = _since(chance.random())
    longest_s = LONGEST_S[since]
    moments = [(chance.uniform(0, longest_s), _end(chance, since))]
    for blow, share in ((Blow.KILL_VENUE, VENUE_SHARE), (Blow.CUT, CUT_SHARE)):
        if chance.random() < share:
            moments.append((chance.uniform(0, moments[0][0]), blow))
    moments.sort()
    strikes: list[Strike] = []
    passed_s = 0.0
    for at_s, blow in moments:
        strikes.append(Strike(at_s - passed_s, blow))
        passed_s = at_s
    if moments[-1][1] is Blow.STOP_DESK:
        strikes.append(Strike(chance.uniform(0, STOP_S_MAX), Blow.KILL_DESK))
    return Cycle(number=number, since=since, faults=_faults(chance), strikes=tuple(strikes))


def _since(drawn: float) -> Since:
    if drawn < FROM_READY_SHARE:
        return Since.READY
    return Since.BOOKS if drawn < FROM_READY_SHARE + FROM_BOOKS_SHARE else Since.START


def _end(chance: Random, since: Since) -> Blow:
    is_stopping = since is Since.READY and chance.random() < STOP_SHARE
    return Blow.STOP_DESK if is_stopping else Blow.KILL_DESK


def _faults(chance: Random) -> tuple[Fault, ...]:
    if chance.random() >= FAULTS_SHARE:
        return ()
    return tuple(_fault(chance) for _ in range(chance.randint(1, FAULTS_MAX)))


def _fault(chance: Random) -> Fault:
    action = chance.choice(
        (
            *("lose_request", "drop_answer", "delay_answer", "duplicate_reports"),
            *("drop_reports", "reorder_reports", "delay_reports", "close_stream"),
            "half_open_stream",
        )
    )
    fault: Fault = {"action": action}
    match action:
        case "lose_request" | "drop_answer" | "delay_answer":
            fault["request"] = chance.choice(("any", "submit", "amend", "cancel"))
            fault["rate"] = round(chance.uniform(0.05, 0.4), 3)
        case "close_stream" | "half_open_stream":
            fault["nth"] = chance.randint(5, 80)
        case _:
            fault["rate"] = round(chance.uniform(0.05, 0.5), 3)
    if action in {"delay_answer", "delay_reports"}:
        fault["delay_ms"] = chance.randint(1, 400)
    return fault
