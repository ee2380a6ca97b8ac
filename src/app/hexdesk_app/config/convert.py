"""Tables to settings types, every mistake reported, not only the first.

`msgspec` stops at the first error and hides the keys of dictionaries, so each field is converted
alone and its error gets the TOML path, the origin and a remedy. Values of secrets are never shown.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, TypeGuard, TypeVar, Union, cast, get_args, get_origin

import msgspec

from hexdesk.errors import ConfigError
from hexdesk.plugin.secret import Secret
from hexdesk_app.config.layers import Text, is_list, is_table, parse_text
from hexdesk_app.config.paths import Origins, format_path
from hexdesk_app.config.toml_lines import KeyPath

S = TypeVar("S", bound=msgspec.Struct)

SHOWN_LENGTH_MAX = 60
PLAIN_DIGITS_MAX = 40
_SECRET_NAME = re.compile(r"passw|secret|token|passphrase|private|credential|(^|_|api)key$")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text in quotes",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a table stands and whose settings it holds, for messages.

    Attributes:
        path: Of the table.
        origins: Of all values.
        owner: Whose settings they are, as `market_making 0.3.1`; empty for hexdesk's own.
        also: Keys that the same table may hold for someone else; only for suggestions.
    """

    path: KeyPath
    origins: Origins
    owner: str = ""
    also: tuple[str, ...] = ()

    def error(
        self, code: str, message: str, key: str = "", remedy: str = "", suffix: str = ""
    ) -> ConfigError:
        """Return an error about a key of the table, or about the table."""
        path = (*self.path, key) if key else self.path
        deep = (*path, *re.findall(r"\w+", suffix))
        return ConfigError(
            message,
            code=code,
            path=format_path(path) + suffix,
            origin=self.origins.of(deep),
            remedy=remedy,
        )

    def inside(self, key: str) -> "Place":
        """Return the place of a table below."""
        return Place(path=(*self.path, key), origins=self.origins, owner=self.owner)


def to_struct(
    table: Mapping[str, object],
    kind: type[S],
    place: Place,
    errors: list[ConfigError],
    *,
    decimals: bool = False,
) -> S | None:
    """Return the settings that a table describes; None, and what is wrong appended, if it cannot.

    `decimals` takes bare numbers for fields that hold decimal numbers as text, exactly.
    """
    before = len(errors)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    errors += [_unknown_key(key, table[key], fields, place) for key in table.keys() - fields.keys()]
    values: dict[str, object] = {}
    for key, field in fields.items():
        if key not in table:
            if field.required:
                errors.append(_missing_key(key, place))
            continue
        value = table[key]
        inner: object
        if is_table(value) and field.type == dict[str, object]:
            inner = value  # for whoever knows what it means; texts of variables stay texts
        elif is_table(value) and _is_struct(field.type):
            inner = to_struct(value, field.type, place.inside(key), errors)
        elif is_table(value) and (keys := _named_keys(field.type)):
            value_kind = get_args(field.type)[1]
            inner = _to_dict(value, keys, value_kind, place.inside(key), errors)
        else:
            value = _decimal_text(value) if decimals and _holds_text(field.type) else value
            inner = _to_value(key, value, field.type, place, errors)
        values[field.name] = inner
    if len(errors) > before:
        errors[before:] = sorted(errors[before:], key=lambda error: error.path)
        return None
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        errors.append(place.error("CONFIG_VALUE", str(error), remedy="correct the values"))
        return None


def _to_dict(
    table: Mapping[str, object],
    keys: Mapping[str, Enum],
    value_kind: object,
    place: Place,
    errors: list[ConfigError],
) -> dict[Enum, object]:
    """Return a table of named keys; each value is converted alone, so that its error names it."""
    found: dict[Enum, object] = {}
    for key, value in table.items():
        if key in keys:
            found[keys[key]] = _to_value(key, value, value_kind, place, errors)
        else:
            hint = suggest(key, keys)
            errors.append(place.error("CONFIG_UNKNOWN_KEY", "is not a known key", key, hint))
    return found


def suggest(name: str, known: Iterable[str]) -> str:
    """Return what to do about an unknown name: the nearest known one, else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(names)}" if names else "delete it: none is known"


def is_secret_name(key: str) -> bool:
    """Whether a key looks as if its value must not be shown."""
    return _SECRET_NAME.search(key.lower()) is not None


def is_secret_type(kind: object) -> bool:
    """Whether a type is, or may hold, a `Secret`."""
    return kind is Secret or any(is_secret_type(part) for part in get_args(kind))


def show_value(value: object) -> str:
    """Return a value as TOML writes it, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    elif is_table(value):
        pairs = (f"{format_path((key,))} = {show_value(each)}" for key, each in value.items())
        text = "{" + ", ".join(pairs) + "}"
    elif is_list(value):
        text = "[" + ", ".join(show_value(each) for each in value) + "]"
    else:
        text = str(value)
    return text if len(text) <= SHOWN_LENGTH_MAX else text[: SHOWN_LENGTH_MAX - 1] + "…"


def plain(value: object) -> object:
    """Return a value with texts of variables and flags read as TOML where they are."""
    if isinstance(value, Text):
        return parse_text(value)
    if is_table(value):
        return {key: plain(each) for key, each in value.items()}
    if is_list(value):
        return [plain(each) for each in value]
    return value


def _unknown_key(
    key: str, value: object, fields: Mapping[str, msgspec.structs.FieldInfo], place: Place
) -> ConfigError:
    what = f"a setting of {place.owner}" if place.owner else "a known key"
    hint = suggest(key, {*fields, *place.also})
    if hint.startswith("did you mean"):
        meant = hint.removeprefix("did you mean ").removesuffix("?")
        may_be_secret = is_secret_name(key) or is_secret_name(meant)
        may_be_secret |= meant in fields and is_secret_type(fields[meant].type)
        if not may_be_secret:
            hint += f"  {meant} = {show_value(plain(value))}"
    return place.error("CONFIG_UNKNOWN_KEY", f"is not {what}", key, hint)


def _missing_key(key: str, place: Place) -> ConfigError:
    whose = f": {place.owner} needs it" if place.owner else ""
    table = format_path(place.path)
    return place.error("CONFIG_MISSING", f"is missing{whose}", key, f"add {key} = ... to [{table}]")


def _to_value(
    key: str, value: object, kind: object, place: Place, errors: list[ConfigError]
) -> object:
    candidates = [parse_text(value), str(value)] if isinstance(value, Text) else [plain(value)]
    failure: msgspec.ValidationError | None = None
    for candidate in candidates:
        try:
            converted: object = msgspec.convert(candidate, cast("Any", kind), dec_hook=_decode)
        except msgspec.ValidationError as error:
            failure = failure or error
            continue
        if isinstance(converted, float) and not math.isfinite(converted):
            errors.append(
                place.error("CONFIG_VALUE", f"expected a finite number, was {candidate}", key)
            )
        return converted
    errors.append(_wrong_value(key, candidates[0], kind, str(failure), place))
    return None


def _decode(kind: type, value: object) -> object:
    if kind is Secret:
        if not isinstance(value, str):
            raise ValueError("expected a reference, `env:NAME` or `file:PATH`")
        return Secret(value)
    if kind is object:
        return value
    raise ValueError(f"a setting of type {kind.__name__} cannot be configured")


def _wrong_value(key: str, value: object, kind: object, reason: str, place: Place) -> ConfigError:
    if is_secret_type(kind):
        return place.error(
            "CONFIG_SECRET",
            "must name where the secret is kept, never the secret itself",
            key,
            f'{key} = "env:{key.upper()}" or {key} = "file:/run/secrets/{key}"',
        )
    message, _, at = reason.partition(" - at ")
    suffix = at.strip("`").removeprefix("$")
    found = "***" if is_secret_name(key) else show_value(_at(value, suffix))
    if message.startswith("Invalid enum value"):
        choices = _choices(kind)
        expected = " or ".join(choices) if choices else "another value"
        hint = suggest(str(_at(value, suffix)), choices) if choices else ""
        hint = hint if hint.startswith("did") else ""
        return place.error("CONFIG_VALUE", f"expected {expected}, was {found}", key, hint, suffix)
    code = "CONFIG_TYPE" if ", got " in message else "CONFIG_VALUE"
    expected = _in_words(message)
    if expected.startswith("expected"):
        expected += f", was {found}"
    is_bare = isinstance(value, int | Decimal) and not isinstance(value, bool)
    remedy = f'{key} = "{value}"' if is_bare and "text in quotes" in expected else ""
    return place.error(code, expected, key, remedy, suffix)


def _in_words(message: str) -> str:
    """Return a message of msgspec in the words of this project."""
    message = message.partition(", got ")[0]

    def words(match: re.Match[str]) -> str:
        return " or ".join(_WORDS.get(name, name) for name in match[1].split(" | "))

    text = re.sub(r"`([^`]*)`", words, message)
    return text[:1].lower() + text[1:] if text.startswith("Expected") else text


def _at(value: object, suffix: str) -> object:
    """Return the part of a value that a msgspec path as `[0][1]` points at."""
    for part in re.findall(r"\w+", suffix):
        if is_list(value) and part.isdigit():
            value = value[int(part)]
        elif is_table(value) and part in value:
            value = value[part]
        else:
            break
    return value


def _choices(kind: object) -> list[str]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(member.value) for member in kind]
    if get_origin(kind) is Literal:
        return [str(choice) for choice in get_args(kind)]
    return list(dict.fromkeys(choice for part in get_args(kind) for choice in _choices(part)))


def _named_keys(kind: object) -> dict[str, Enum]:
    """Return the keys that a dictionary may have, where its type names them."""
    key_kind = get_args(kind)[0] if get_origin(kind) is dict else None
    if isinstance(key_kind, type) and issubclass(key_kind, Enum):
        return {str(member.value): member for member in key_kind}
    return {}


def _is_struct(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _holds_text(kind: object) -> bool:
    return kind is str or (
        get_origin(kind) not in {Literal, Union}
        and any(_holds_text(each) for each in get_args(kind))
    )


def _decimal_text(value: object) -> object:
    """Return numbers as decimal text, exactly; also in lists."""
    if is_list(value):
        return [_decimal_text(each) for each in value]
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and abs(value.adjusted()) < PLAIN_DIGITS_MAX
    ):
        return format(value, "f")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value
