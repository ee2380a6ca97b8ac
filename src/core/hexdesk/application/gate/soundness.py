"""Whether an order can be taken into books and journal at all.

Strategies are plugins: nobody has type-checked their calls. A price of 0.5 or `None` would turn
exact books into floats, a plain 1 for a side would be taken for a sale, and a number beyond 64 bits
or a text that is no Unicode would make the journal unwritable for every other strategy.
"""

from collections.abc import Callable
from operator import itemgetter

from msgspec.structs import astuple, fields

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, LIMIT

RAW_MAX = 2**63 - 1
"""Largest raw number of an order; the journal's format holds no larger one."""
TAG_LENGTH_MAX = 100

_FIELDS = fields(NewOrder)
_TYPES = tuple(field.type for field in _FIELDS)
_NUMBER_NAMES = tuple(field.name for field in _FIELDS if field.type is int)
_numbers: Callable[[tuple[object, ...]], tuple[int, ...]] = itemgetter(
    *(index for index, kind in enumerate(_TYPES) if kind is int)
)


def soundness_problem(order: NewOrder) -> str:
    """Return which field has a wrong type or an absurd size, or an empty string."""
    values = astuple(order)
    if tuple(map(type, values)) != _TYPES:
        return next(
            f"{field.name}: expected {getattr(field.type, '__name__', '')},"
            f" was {type(value).__name__}"
            for field, value in zip(_FIELDS, values, strict=True)
            if type(value) is not field.type
        )
    numbers = _numbers(values)
    if max(numbers) > RAW_MAX or min(numbers) < -RAW_MAX:
        return next(
            f"{name}: expected at most 63 bits"
            for name, value in zip(_NUMBER_NAMES, numbers, strict=True)
            if not -RAW_MAX <= value <= RAW_MAX
        )
    if len(order.tag) > TAG_LENGTH_MAX or not _is_text(order.tag):
        return f"tag: expected at most {TAG_LENGTH_MAX} characters of Unicode text"
    return "" if _is_text(order.instrument_id) else "instrument_id: expected Unicode text"


def recordable(order: NewOrder) -> NewOrder:
    """Return an order as the journal can hold it: an unsound one keeps only whose it was."""
    if not soundness_problem(order):
        return order
    instrument_id: object = order.instrument_id
    is_text = type(instrument_id) is str and _is_text(instrument_id)
    return NewOrder(
        order.client_order_id, order.strategy_id, order.account_id,
        order.instrument_id if is_text else "", BUY, LIMIT, 0,
        order.ts_init, list_id=order.list_id, parent_id=order.parent_id,
        causation_id=order.causation_id,
    )  # fmt: skip


def plain_text(text: str) -> str:
    """Return a text that any encoder takes; what is no Unicode is shown as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _is_text(text: str) -> bool:
    return text.isascii() or plain_text(text) == text
