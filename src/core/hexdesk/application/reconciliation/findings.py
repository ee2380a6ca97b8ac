"""What can be wrong between our books and a broker's, and what may be done about it.

Kinds, default policies and their reasons: orders.md section 7.
"""

from enum import StrEnum

import msgspec

from hexdesk.domain.reports import Fill
from hexdesk.domain.values import QtyRaw
from hexdesk.ports.broker import VenueOrder


class Mismatch(StrEnum):
    """A kind of difference; the name is the code of its alert."""

    FILL_MISSED = "FILL_MISSED"
    """The broker lists an execution of our order that we never heard of."""
    FILL_UNKNOWN_TO_VENUE = "FILL_UNKNOWN_TO_VENUE"
    """We booked an execution that the broker does not list."""
    ORDER_GONE = "ORDER_GONE"
    """Open in our books, not among the broker's open orders."""
    ORDER_EXTERNAL = "ORDER_EXTERNAL"
    """An order or execution of the account that is not ours."""
    ORDER_FIELDS = "ORDER_FIELDS"
    """Quantity, price, trigger or life differ."""
    POSITION_QUANTITY = "POSITION_QUANTITY"
    """Both hold something, not the same."""
    POSITION_PHANTOM = "POSITION_PHANTOM"
    """We hold something, the broker is flat."""
    POSITION_UNOWNED = "POSITION_UNOWNED"
    """The broker holds something, no strategy does."""
    POSITION_OPPOSED = "POSITION_OPPOSED"
    """A strategy and what is nobody's hold against each other: at the broker that is not there."""
    AVERAGE_PRICE = "AVERAGE_PRICE"
    """Equal quantities, entry prices apart."""
    CASH = "CASH"
    """Cash of a currency differs."""
    MODE = "MODE"
    """Netting, margin mode or leverage are not as configured."""
    GHOST_ORDER = "GHOST_ORDER"
    """A protective order is left of a position that is flat."""


class Policy(StrEnum):
    """What is done about a finding; a kind may have several."""

    ADOPT = "adopt"
    """Take the broker's word into our books, by events that say so."""
    CANCEL = "cancel"
    """Cancel the orders concerned."""
    FLATTEN = "flatten"
    """Close what the account holds of the instrument."""
    IGNORE = "ignore"
    """Tell it once, do nothing."""
    REDUCE = "reduce"
    """Let the instrument only shrink until the difference is gone."""
    HALT = "halt"
    """Halt the desk."""
    ASK = "ask"
    """Open an incident that stays until a person resolves it or the difference is gone."""


ADOPT, CANCEL, FLATTEN, IGNORE, REDUCE, HALT, ASK = Policy

DEFAULT_POLICIES: dict[Mismatch, tuple[Policy, ...]] = {
    Mismatch.FILL_MISSED: (ADOPT,),
    Mismatch.FILL_UNKNOWN_TO_VENUE: (REDUCE, ASK),
    Mismatch.ORDER_GONE: (ADOPT,),
    Mismatch.ORDER_EXTERNAL: (ADOPT,),
    Mismatch.ORDER_FIELDS: (ADOPT,),
    Mismatch.POSITION_QUANTITY: (REDUCE, ASK),
    Mismatch.POSITION_PHANTOM: (ADOPT, CANCEL),
    Mismatch.POSITION_UNOWNED: (ADOPT, ASK),
    Mismatch.POSITION_OPPOSED: (REDUCE, ASK),
    Mismatch.AVERAGE_PRICE: (IGNORE,),
    Mismatch.CASH: (ASK,),
    Mismatch.MODE: (HALT,),
    Mismatch.GHOST_ORDER: (CANCEL,),
}
"""What happens where the configuration says nothing."""

POLICIES_POSSIBLE: dict[Mismatch, frozenset[Policy]] = {
    Mismatch.FILL_MISSED: frozenset({ADOPT, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.FILL_UNKNOWN_TO_VENUE: frozenset({ADOPT, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.ORDER_GONE: frozenset({ADOPT, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.ORDER_EXTERNAL: frozenset({ADOPT, CANCEL, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.ORDER_FIELDS: frozenset({ADOPT, CANCEL, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.POSITION_QUANTITY: frozenset({ADOPT, FLATTEN, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.POSITION_PHANTOM: frozenset({ADOPT, CANCEL, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.POSITION_UNOWNED: frozenset({ADOPT, FLATTEN, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.POSITION_OPPOSED: frozenset({ADOPT, IGNORE, REDUCE, HALT, ASK}),
    Mismatch.AVERAGE_PRICE: frozenset({IGNORE, REDUCE, HALT, ASK}),
    Mismatch.CASH: frozenset({ADOPT, IGNORE, HALT, ASK}),
    Mismatch.MODE: frozenset({IGNORE, HALT, ASK}),
    Mismatch.GHOST_ORDER: frozenset({CANCEL, IGNORE, HALT, ASK}),
}
"""What makes sense for a kind; anything else is refused."""

NEVER_BY_ITSELF: frozenset[tuple[Mismatch, Policy]] = frozenset(
    {(Mismatch.POSITION_UNOWNED, FLATTEN), (Mismatch.POSITION_OPPOSED, ADOPT)}
)
"""What only a person may choose, incident by incident: a position that is not ours is never closed,
nor given to a strategy, because a file says so."""

POSITION_KINDS = frozenset(
    {Mismatch.POSITION_QUANTITY, Mismatch.POSITION_PHANTOM, Mismatch.POSITION_UNOWNED}
)
FILL_KINDS = frozenset({Mismatch.FILL_MISSED, Mismatch.FILL_UNKNOWN_TO_VENUE})


class Finding(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="finding"):
    """One difference.

    Attributes:
        kind: What differs.
        key: Order id, instrument, currency, name of a mode, or strategy and instrument.
        ours: Our value, as text.
        theirs: The broker's.
        evidence: A sentence for a person.
        instrument_id: What it concerns; empty for cash and modes.
        quantity: The broker's quantity less ours, signed, where there is one; cash for `CASH`.
        price: The broker's raw average price where it is known; 0 if not.
        fills: Executions concerned: missed ones, or ours that are unknown.
        order: The broker's order where that differs.
        held: What the broker holds of the instrument, signed, where positions differ.
    """

    kind: Mismatch
    key: str
    ours: str
    theirs: str
    evidence: str
    instrument_id: str = ""
    quantity: QtyRaw = 0
    price: int = 0
    fills: tuple[Fill, ...] = ()
    order: VenueOrder | None = None
    held: QtyRaw = 0

    @property
    def subject(self) -> tuple[Mismatch, str]:
        """What it is about: there is one open finding of a subject at a time."""
        return self.kind, self.key

    def is_same(self, other: "Finding") -> bool:
        """Whether both say the same difference; how they word it does not matter."""
        return self.identity == other.identity

    @property
    def identity(self) -> tuple[Mismatch, str, str, str]:
        """The difference itself."""
        return self.kind, self.key, self.ours, self.theirs
