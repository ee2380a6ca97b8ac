"""Resource names, as `orders/hdabcdefgh12`, and the ids in them: two pure directions."""

from functools import lru_cache

from hexdesk.ports.control import ControlError, FieldFault, Reason

ORDERS = "orders"
STRATEGIES = "strategies"
ACCOUNTS = "accounts"
INSTRUMENTS = "instruments"
MARKETS = "markets"
RISK_LIMITS = "riskLimits"
TOKENS = "tokens"
POSITIONS = "positions"
INCIDENTS = "incidents"
PLUGINS = "plugins"
NUMBER_DIGITS_MAX = 9
NAMES_MAX = 8_192
"""Names that are remembered: strategies, accounts and instruments come in every event."""


@lru_cache(maxsize=NAMES_MAX)
def name_of(collection: str, resource_id: str) -> str:
    """Return a resource's name; empty for no id."""
    return f"{collection}/{resource_id}" if resource_id else ""


def id_of(collection: str, name: str, field: str = "name") -> str:
    """Return the id in a resource's name.

    Raises:
        ControlError: It is not a name of this collection.
    """
    head, slash, resource_id = name.partition("/")
    if head != collection or not slash or not resource_id or "/" in resource_id:
        raise _unlike(f"{collection}/ID", name, field)
    return resource_id


def optional_id_of(collection: str, name: str, field: str) -> str:
    """Return the id in a resource's name; empty for an empty name."""
    return id_of(collection, name, field) if name else ""


def number_of(collection: str, name: str) -> int:
    """Return the number in the name of a resource that the desk counts.

    Raises:
        ControlError: It is not a name of this collection with a number.
    """
    number = id_of(collection, name)
    if not _is_number(number):
        raise _unlike(f"{collection}/NUMBER", name)
    return int(number)


def position_name(strategy_id: str, instrument_id: str) -> str:
    """Return the name of a strategy's position."""
    return f"{STRATEGIES}/{strategy_id}/{POSITIONS}/{instrument_id}"


def position_ids(name: str) -> tuple[str, str]:
    """Return strategy and instrument id of a position's name.

    Raises:
        ControlError: It is not a position's name.
    """
    parts = name.split("/")
    if len(parts) != 4 or parts[0] != STRATEGIES or parts[2] != POSITIONS or not all(parts):  # noqa: PLR2004 - two pairs
        raise _unlike(f"{STRATEGIES}/ID/{POSITIONS}/ID", name)
    return parts[1], parts[3]


def incident_name(account: str, number: int) -> str:
    """Return the name of an account's incident."""
    return f"{ACCOUNTS}/{account}/{INCIDENTS}/{number}"


def incident_ids(name: str) -> tuple[str, int]:
    """Return account and number of an incident's name.

    Raises:
        ControlError: It is not an incident's name.
    """
    parts = name.split("/")
    if len(parts) == 4 and parts[0] == ACCOUNTS and parts[2] == INCIDENTS and parts[1]:  # noqa: PLR2004 - two pairs
        number = parts[3]
        if _is_number(number):
            return parts[1], int(number)
    raise _unlike(f"{ACCOUNTS}/ID/{INCIDENTS}/NUMBER", name)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX


def _unlike(expected: str, name: str, field: str = "name") -> ControlError:
    text = f"expected {expected}, was {name[:100]!r}"
    return ControlError(Reason.FIELD_INVALID, f"{field}: {text}", faults=[FieldFault(field, text)])
