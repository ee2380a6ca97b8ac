"""Starts a desk against a venue, kills it, and looks whether anything was lost or doubled."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import msgspec

from hexdesk_app.chaos.audit import Audit
from hexdesk_app.chaos.plan import Blow, Cycle, Since, cycle_of
from hexdesk_app.chaos.site import ChaosError, Site, alerts_in
from hexdesk_app.chaos.venue_client import VenueClient
from hexdesk_app.problems import EXIT_INTERRUPTED, EXIT_OK

LOOK_EVERY = 25
"""Kills between two looks."""
FLOW_S = 0.4
"""How long a desk trades before a look."""
STARTS_MAX = 5
"""Starts in a row that may end by themselves, while the venue is disturbed."""
READY = "is ready"
TOOK_UP = "took up"
WORDS = {Since.BOOKS: (TOOK_UP, READY), Since.READY: (READY,)}


class ChaosResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to.

    Attributes:
        ok: Whether both sides always agreed.
        seed: Of the schedule.
        kills: Of the desk.
        failed_at: Number of the kill before which something went wrong; 0 if nothing did.
        differences: What went wrong.
        folder: Where logs, journal and the venue's state are kept; empty once removed.
        seconds: Duration.
        blows: How often each was struck.
        lives: Where the desk was when a kill came.
        faults: How often each was set.
        looks: Times that both sides agreed.
        slowest_look_s: Longest time that they needed to agree.
        replays: States that were rebuilt twice, and were equal.
        records: In the journal.
        counts: Orders, amendments, cancels, same-id retries, executions and orderly ends in it.
        denials: Orders that the desk refused itself, by code.
        doubts: Outcomes that were unknown, by operation.
        resolved: What settled them, by kind of record.
        repairs: What reconciliation did to the books.
        alerts: What a person was told, by code.
    """

    ok: bool
    seed: int
    kills: int
    failed_at: int
    differences: tuple[str, ...]
    folder: str
    seconds: float
    blows: dict[str, int]
    lives: dict[str, int]
    faults: dict[str, int]
    looks: int
    slowest_look_s: float
    replays: int
    records: int
    counts: dict[str, int]
    denials: dict[str, int]
    doubts: dict[str, int]
    resolved: dict[str, int]
    repairs: dict[str, int]
    alerts: dict[str, int]


class Chaos:
    """One run.

    Attributes:
        kills: Of the desk, so far.
    """

    def __init__(self, folder: Path, seed: int, tell: Callable[[str], None]) -> None:
        self.kills = 0
        self._seed = seed
        self._tell = tell
        self._site = Site(folder, seed)
        self._blows: Counter[str] = Counter()
        self._lives: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._client = VenueClient("")
        self._audit: Audit | None = None
        self._is_disturbed = False
        self._is_stopping = False

    def run(self, kills: int) -> ChaosResult:
        """Kill so often; stop at the first difference."""
        begun = monotonic()
        differences: list[str] = []
        try:
            self._open()
            for number in range(1, kills + 1):
                self._live(cycle_of(self._seed, number))
                self.kills = number
                if number % LOOK_EVERY == 0 or number == kills:
                    differences = self._look(from_start=number == kills)
                    self._tell(self._progress(kills, begun))
                if differences:
                    break
        except ChaosError as error:
            differences = [error.message]
        finally:
            self._site.close()
            self._client.close()
            if self._audit is not None:
                self._audit.close()
        return self._result(differences, monotonic() - begun)

    # --- inside ----------------------------------------------------------------------------

    def _open(self) -> None:
        site = self._site
        site.open()
        self._client = VenueClient(site.address)
        self._audit = Audit(site.folder, site.address)

    def _live(self, cycle: Cycle) -> None:
        """Let the desk live once, and kill it."""
        self._set_faults(cycle)
        self._start(cycle.since)
        for strike in cycle.strikes:
            self._wait(strike.after_s)
            self._strike(strike.blow)

    def _set_faults(self, cycle: Cycle) -> None:
        self._client.set_faults(cycle.faults)
        self._is_disturbed = bool(cycle.faults)
        self._faults.update(str(fault["action"]) for fault in cycle.faults)

    def _start(self, until: Since) -> None:
        """Start the desk; where its start fails because of us, start it again as a watchdog would.

        The first desk has no journal to read, and is ready without saying that it did.

        Raises:
            ChaosError: It ends by itself though nothing is wrong with the venue, or too often.
        """
        self._is_stopping = False
        for _ in range(STARTS_MAX):
            self._site.desk.start()
            if until is Since.START or self._site.desk.says(*WORDS[until]):
                return
            self._explain_end()
        raise ChaosError(f"the desk does not start: {self._site.desk.tail()}")

    def _explain_end(self) -> None:
        """Let a desk have ended by itself, where the venue was out of its reach."""
        if not self._is_disturbed:
            code = self._site.desk.exit_code
            raise ChaosError(f"the desk ended by itself ({code}): {self._site.desk.tail()}")
        self._blows["starts_given_up"] += 1
        self._client.set_faults(())

    def _wait(self, seconds: float) -> None:
        """Wait; a desk that cannot start because of what we did is started again."""
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            sleep(min(left, 0.05))
            if self._site.desk.exit_code is not None and not self._is_stopping:
                self._explain_end()
                self._site.desk.start()

    def _strike(self, blow: Blow) -> None:
        self._blows[blow] += 1
        site = self._site
        match blow:
            case Blow.KILL_DESK:
                said = site.desk.said()
                where = "ready" if READY in said else "reconciling" if TOOK_UP in said else "start"
                self._lives[where] += 1
                site.desk.kill()
            case Blow.STOP_DESK:
                self._is_stopping = True
                site.desk.ask_to_stop()
            case Blow.KILL_VENUE:
                self._is_disturbed = True
                site.venue.kill()
                site.start_venue()
            case Blow.CUT:
                self._is_disturbed = True
                self._client.cut()

    def _look(self, *, from_start: bool) -> list[str]:
        """Let a desk trade in peace, hold the market, compare, and end the desk in good order."""
        audit = self._audit
        if audit is None:
            return []
        site = self._site
        self._client.set_faults(())
        self._is_disturbed = False
        self._start(Since.READY)
        self._wait(FLOW_S)
        self._client.hold()
        found = audit.agree()
        if found:
            return found
        site.desk.ask_to_stop()
        code = site.desk.wait()
        if code not in {EXIT_OK, EXIT_INTERRUPTED}:
            return [f"asked to stop the desk ended with {code}: {site.desk.tail()}"]
        self._client.release()
        return audit.replay_differences(from_start=from_start)

    # --- telling ---------------------------------------------------------------------------

    def _progress(self, kills: int, begun: float) -> str:
        counts = self._audit.records.counts if self._audit is not None else Counter[str]()
        return (
            f"{self.kills} of {kills} kills in {monotonic() - begun:.0f} s:"
            f" {counts['orders']} orders, {counts['fills']} executions"
        )

    def _result(self, differences: list[str], seconds: float) -> ChaosResult:
        audit = self._audit
        records = audit.records if audit is not None else None
        alerts: dict[str, int] = {}
        with suppress(FileNotFoundError):
            alerts = dict(alerts_in(self._site.desk.log_path))
        return ChaosResult(
            ok=not differences,
            seed=self._seed,
            kills=self.kills,
            failed_at=self.kills + 1 if differences else 0,
            differences=tuple(differences),
            folder=str(self._site.folder),
            seconds=round(seconds, 1),
            blows=dict(self._blows),
            lives=dict(self._lives),
            faults=dict(self._faults),
            looks=audit.looks if audit else 0,
            slowest_look_s=round(audit.slowest_s, 2) if audit else 0.0,
            replays=audit.replays if audit else 0,
            records=records.last if records else 0,
            counts=dict(records.counts) if records else {},
            denials=dict(records.denials) if records else {},
            doubts=dict(records.doubts) if records else {},
            resolved=dict(records.resolved) if records else {},
            repairs=dict(records.repairs) if records else {},
            alerts=alerts,
        )
