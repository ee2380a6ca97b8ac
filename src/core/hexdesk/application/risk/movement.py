"""Measures how far an instrument's price goes, against what is usual: what `volatility` watches."""

from collections import deque

from hexdesk.application.risk.books import NEVER
from hexdesk.application.risk.ladders import MIN_HISTORY, LadderRule, Volatility
from hexdesk.application.risk.numbers import ONE, share
from hexdesk.application.risk.watch import Note, Recall, Report
from hexdesk.domain.values import NS_PER_SECOND, PriceRaw, TimeNs

VOLATILITY = "volatility"


class Movement:
    """How far an instrument's price goes within a window, against what is usual.

    Each window that ends is written down in a place of its own, and goes on over a restart; as many
    places as the history is long are used in turn.
    """

    __slots__ = ("_count", "_end_ns", "_high", "_history", "_low", "_note", "_recall", "_report",
                 "_rule", "_scope", "_settings", "_usual")  # fmt: skip

    def __init__(  # noqa: PLR0917 - who is asked and told, one by one
        self, scope: str, rule: LadderRule, settings: Volatility, report: Report, note: Note,
        recall: Recall,
    ) -> None:  # fmt: skip
        self._scope = scope
        self._report = report
        self._note = note
        self._recall = recall
        self._end_ns: TimeNs = NEVER
        self._high = 0
        self._low = 0
        self.change(rule, settings)

    def change(self, rule: LadderRule, settings: Volatility) -> None:
        """Measure by these from now on; windows of another length say nothing of what is usual."""
        self._rule = rule
        self._settings = settings
        places = (self._recall(self._scope, self._place(each)) for each in range(settings.history))
        noted = sorted(each for each in places if each)
        self._count = noted[-1][0] + 1 if noted else 0
        self._history = deque(
            (
                moved
                for number, moved, window_s in noted
                if window_s == settings.window_s and number >= self._count - settings.history
            ),
            maxlen=settings.history,
        )
        self._set_usual()

    def take(self, price: PriceRaw, now_ns: TimeNs) -> None:
        """Take a price; the first of a window closes the one before."""
        if now_ns >= self._end_ns:
            if self._low:
                self._keep((self._high - self._low) * ONE // self._low)
            self._end_ns = now_ns + self._settings.window_s * NS_PER_SECOND
            self._high = self._low = price
        self._high = max(self._high, price)
        self._low = min(self._low, price)
        if self._usual:
            moved = (self._high - self._low) * ONE // self._low
            self._report(self._scope, self._rule, share(moved, self._usual))

    def _keep(self, moved: int) -> None:
        self._history.append(moved)
        values = (self._count, moved, self._settings.window_s)
        self._note(self._scope, self._place(self._count), values)
        self._count += 1
        self._set_usual()

    def _set_usual(self) -> None:
        history = self._history
        self._usual = sorted(history)[len(history) // 2] if len(history) >= MIN_HISTORY else 0

    def _place(self, number: int) -> str:
        return f"{VOLATILITY}.{number % self._settings.history}"
