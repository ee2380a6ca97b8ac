"""Plain counters of a run; incremented on the path, read by whoever reports."""

from collections import Counter


class Counts:
    """What happened so far.

    Attributes:
        orders: Intents taken, denied ones included.
        fills: Fills booked, busts taken off.
        cancels: Cancel requests sent.
        amends: Amend requests sent.
        amend_denials: Amendments that we refused, by code.
        denials: Orders that we refused, by code.
        rejects: Orders that a venue refused, by normalised code.
        duplicates: Trades seen twice.
        ignored: Reports without effect.
        dead_letters: Reports that fit no order or made no sense.
        unknown_instruments: Market events of instruments the desk does not know.
        time_regressions: Inputs whose `ts_init` was before an earlier one's.
    """

    __slots__ = (
        "amend_denials",
        "amends",
        "cancels",
        "dead_letters",
        "denials",
        "duplicates",
        "fills",
        "ignored",
        "orders",
        "rejects",
        "time_regressions",
        "unknown_instruments",
    )

    def __init__(self) -> None:
        self.orders = 0
        self.fills = 0
        self.cancels = 0
        self.amends = 0
        self.amend_denials: Counter[str] = Counter()
        self.denials: Counter[str] = Counter()
        self.rejects: Counter[str] = Counter()
        self.duplicates = 0
        self.ignored = 0
        self.dead_letters = 0
        self.unknown_instruments = 0
        self.time_regressions = 0
