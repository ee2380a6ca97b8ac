"""The story of an order as people and machines read it."""

from collections.abc import Iterator

import msgspec

from hexdesk.application.orders.resolving import BY_OPERATOR
from hexdesk.domain.commands import ResolveOrder
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, FillBusted, OrderDenied, OrderHeld
from hexdesk.domain.values import NS_PER_MS, NS_PER_SECOND
from hexdesk_app.display.numbers import duration, moment, signed
from hexdesk_app.display.tables import Table, make_table
from hexdesk_app.reading.history_text import average_text
from hexdesk_app.reading.journals import kind_of, row_of
from hexdesk_app.why.causes import Cause
from hexdesk_app.why.story import Step, Story
from hexdesk_app.why.words import Words

STEP_HEADERS = ("#record", "time", "#after", "what", "status")
LINKED_HEADERS = ("order", "is", "terms", "status")
PASSED = "passed"


class CauseData(msgspec.Struct, frozen=True):
    """What a decision followed from; `record` is as `hexdesk journal cat --json` prints it."""

    number: int
    kind: str
    text: str
    record: dict[str, object]


class PositionData(msgspec.Struct, frozen=True):
    """A position behind a fill, and what the fill changed of it; decimal texts."""

    quantity_before: str
    quantity: str
    avg_px: str
    cost: str
    realised: str
    realised_by_this: str


class DoubtData(msgspec.Struct, frozen=True):
    """A doubt that a step settled."""

    operation: str
    since_ns: int
    seconds: float


class StepData(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the order.

    Attributes:
        number: Of the record.
        ts_ns: When it was made.
        after_ns: Time since the step before; 0 for the first.
        kind: Of the record, as `fill`.
        text: What it says.
        status: Of the order behind it.
        verdict: Of risk, where this is an intent: `passed`, `held`, or the denial.
        reserve_price: Price at which risk valued an intent; empty where that is its own price.
        cause: What a decision followed from; null for answers.
        position: Behind a fill or a broken trade.
        settled: The doubt that this settled.
        record: As `hexdesk journal cat --json` prints it.
    """

    number: int
    ts_ns: int
    after_ns: int
    kind: str
    text: str
    status: str
    verdict: str
    reserve_price: str
    cause: CauseData | None
    position: PositionData | None
    settled: DoubtData | None
    record: dict[str, object]


class LinkedData(msgspec.Struct, frozen=True):
    """An order of the same list."""

    client_order_id: str
    relation: str
    text: str
    status: str


class OrderData(msgspec.Struct, frozen=True, kw_only=True):
    """The order as it is; decimal texts."""

    client_order_id: str
    venue_order_id: str
    run_id: str
    strategy_id: str
    account_id: str
    instrument_id: str
    tag: str
    text: str
    status: str
    quantity: str
    cum_qty: str
    leaves_qty: str
    avg_px: str
    code: str
    reason: str


class StoryData(msgspec.Struct, frozen=True):
    """All of an order."""

    order: OrderData
    steps: tuple[StepData, ...]
    linked: tuple[LinkedData, ...]
    last_number: int


def to_data(story: Story) -> StoryData:
    """Return what `--json` prints as `data`."""
    words = Words(story.instrument)
    return StoryData(
        _order(story, words), tuple(_steps(story, words)), _linked(story, words), story.last_number
    )


def to_tables(data: StoryData) -> list[Table]:
    """Return the same as tables, causes before what followed from them."""
    order = data.order
    head = [
        ("order", order.client_order_id),
        ("at the venue", order.venue_order_id or "-"),
        ("run", order.run_id or "-"),
        ("strategy", order.strategy_id),
        ("tag", order.tag or "-"),
        ("instrument", f"{order.instrument_id}, account {order.account_id}"),
        ("asked for", order.text),
        ("status", f"{order.status}: {order.cum_qty} of {order.quantity} filled"),
        ("average price", order.avg_px or "-"),
        ("why it ended", _ended(order) or "-"),
    ]
    steps = [row for step in data.steps for row in _step_rows(step)]
    found = [make_table("", ("", ""), head), make_table("what happened", STEP_HEADERS, steps)]
    if data.linked:
        rows = [(each.client_order_id, each.relation, each.text, each.status or "let go")
                for each in data.linked]  # fmt: skip
        found.append(make_table("linked orders", LINKED_HEADERS, rows))
    return found


def _ended(order: OrderData) -> str:
    """Return the code and the reason; a denial's reason begins with its code."""
    if not order.code or order.reason.startswith(f"{order.code}:"):
        return order.reason
    return f"{order.code}: {order.reason}" if order.reason else order.code


def _order(story: Story, words: Words) -> OrderData:
    order = story.order
    intent = order.intent
    return OrderData(
        client_order_id=intent.client_order_id,
        venue_order_id=order.venue_order_id,
        run_id=story.found.run_id,
        strategy_id=intent.strategy_id,
        account_id=intent.account_id,
        instrument_id=intent.instrument_id,
        tag=intent.tag,
        text=words.terms(intent),
        status=order.reported_status.name,
        quantity=story.instrument.format_quantity(order.quantity),
        cum_qty=story.instrument.format_quantity(order.cum_qty),
        leaves_qty=story.instrument.format_quantity(order.leaves_qty),
        avg_px=average_text(order.avg_px, story.instrument.price_scale),
        code=order.code,
        reason=order.text or _decided(story),
    )


def _decided(story: Story) -> str:
    """Return who ended an order by a word, and why; empty where nobody had to."""
    if story.order.code != BY_OPERATOR:
        return ""
    words = [step.record for step in story.steps if isinstance(step.record, ResolveOrder)]
    return f"{words[-1].by}: {words[-1].reason}" if words else ""


def _steps(story: Story, words: Words) -> Iterator[StepData]:
    last_ns = 0
    following = (*story.steps[1:], None)
    for step, after in zip(story.steps, following, strict=True):
        reserve = step.reserve_price
        yield StepData(
            number=step.number,
            ts_ns=step.ts_ns,
            after_ns=step.ts_ns - last_ns if last_ns else 0,
            kind=kind_of(step.record),
            text=words.of(step.record),
            status=step.status,
            verdict=_verdict(step, after),
            reserve_price="" if reserve is None else story.instrument.format_price(reserve),
            cause=_cause(step.cause, words),
            position=_position(step, words),
            settled=_settled(step),
            record=row_of(step.number, step.record),
        )
        last_ns = step.ts_ns


def _verdict(step: Step, after: Step | None) -> str:
    if not isinstance(step.record, NewOrder):
        return ""
    record = None if after is None else after.record
    if isinstance(record, OrderDenied):
        return record.text
    return "held" if isinstance(record, OrderHeld) else PASSED


def _cause(cause: Cause | None, words: Words) -> CauseData | None:
    if cause is None:
        return None
    text, ours = words.of(cause.record), getattr(cause.record, "client_order_id", "")
    text = f"{text} (order {ours})" if ours else text
    return CauseData(cause.number, kind_of(cause.record), text, row_of(cause.number, cause.record))


def _position(step: Step, words: Words) -> PositionData | None:
    before, after = step.before, step.after
    if before is None or after is None or not isinstance(step.record, Fill | FillBusted):
        return None
    instrument = words.instrument
    return PositionData(
        instrument.format_quantity(before.quantity),
        instrument.format_quantity(after.quantity),
        average_text(after.avg_px, instrument.price_scale),
        instrument.format_value(after.cost),
        instrument.format_value(after.realised),
        instrument.format_value(after.realised - before.realised),
    )


def _settled(step: Step) -> DoubtData | None:
    doubt = step.doubt
    if doubt is None:
        return None
    seconds = (step.ts_ns - doubt.since_ns) / NS_PER_SECOND
    return DoubtData(doubt.operation.name, doubt.since_ns, seconds)


def _linked(story: Story, words: Words) -> tuple[LinkedData, ...]:
    mine = story.order.intent
    return tuple(
        LinkedData(
            each.intent.client_order_id,
            _relation(mine, each.intent),
            words.terms(each.intent),
            each.status,
        )
        for each in story.linked
    )


def _relation(mine: NewOrder, other: NewOrder) -> str:
    if mine.parent_id == other.client_order_id:
        return "its entry"
    if other.parent_id == mine.client_order_id:
        return "its exit"
    return "the other of the pair"


def _step_rows(step: StepData) -> Iterator[tuple[str, ...]]:
    """Yield the lines of a step: what it followed from, itself, and what it led to."""
    cause = step.cause
    if cause is not None:
        yield (str(cause.number), "", "", f"because of {cause.text}", "")
    after = _after(step.after_ns) if step.after_ns else ""
    is_intent = bool(step.verdict)
    said = f"decided: {step.text}" if is_intent else step.text
    yield (str(step.number), moment(step.ts_ns), after, said, step.status)
    if is_intent:
        is_valued = step.reserve_price not in ("", "0")  # what only closes binds nothing
        at = f", valued at {step.reserve_price}" if is_valued else ""
        yield ("", "", "", f"risk: {step.verdict}{at}", "")
    if step.position is not None:
        yield ("", "", "", _position_text(step.position), "")
    if step.settled is not None:
        settled = step.settled
        what = f"settles the doubt about {settled.operation} after {duration(settled.seconds)}"
        yield ("", "", "", what, "")


def _position_text(position: PositionData) -> str:
    average = f", average {position.avg_px}" if position.avg_px else ""
    realised = f"{signed(position.realised_by_this)}, in all {signed(position.realised)}"
    held = f"{position.quantity_before} to {position.quantity}{average}"
    return f"position {held}, cost {position.cost}, realised {realised}"


def _after(after_ns: int) -> str:
    if abs(after_ns) < NS_PER_SECOND:
        return f"{after_ns / NS_PER_MS:.3f} ms"
    return duration(after_ns / NS_PER_SECOND)
