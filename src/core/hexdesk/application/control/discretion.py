"""What the audit log says of settings and states: no secret, and nothing that is long.

A secret in settings is a reference once they are accepted. What was refused may have held one by
mistake, so of that only the names are kept.
"""

import re
from typing import Any

import msgspec

from hexdesk.ports.control import Mutation
from hexdesk.ports.control_strategies import (
    LoadStrategy,
    RestoreState,
    StateInfo,
    UpdateSettings,
)

HIDDEN = "***"
_SECRET_NAME = re.compile(r"passw|secret|token|passphrase|private|credential|(^|_|api)key$")
_REFERENCES = ("env:", "file:")


def request_text(mutation: Mutation[Any], *, is_done: bool) -> str:
    """Return a request as JSON for the log."""
    if not isinstance(mutation, LoadStrategy | UpdateSettings | RestoreState):
        return msgspec.json.encode(mutation).decode()
    plain: dict[str, Any] = msgspec.to_builtins(mutation)
    if "settings" in plain:
        plain["settings"] = _masked(plain["settings"], every=not is_done)
    state: StateInfo | None = getattr(mutation, "state", None)
    if state is not None:
        plain["state"] = _size_of(state)
    return msgspec.json.encode(plain).decode()


def answer_text(answer: object) -> str:
    """Return an answer as JSON for the log."""
    shown = _size_of(answer) if isinstance(answer, StateInfo) else answer
    return msgspec.json.encode(shown).decode()


def _size_of(state: StateInfo) -> dict[str, object]:
    size = len(state.encoded) or len(msgspec.msgpack.encode(state.state))
    return {"strategy_id": state.strategy_id, "version": state.version, "bytes": size}


def _masked(settings: dict[str, Any], *, every: bool) -> dict[str, Any]:
    return {key: _mask(key, value, every=every) for key, value in settings.items()}


def _mask(key: str, value: Any, *, every: bool) -> Any:  # noqa: ANN401 - any setting
    if isinstance(value, dict):
        return {name: _mask(name, each, every=every) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any setting
    is_open = isinstance(value, str) and value.startswith(_REFERENCES)
    is_secret = _SECRET_NAME.search(key.lower()) is not None and not is_open
    return HIDDEN if every or is_secret else value
