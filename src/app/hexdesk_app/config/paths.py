"""TOML paths: how they are written, and where the value at each of them came from."""

import re
from collections.abc import Mapping

import msgspec

from hexdesk_app.config.toml_lines import KeyPath

DEFAULT_ORIGIN = "default"
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def format_path(path: KeyPath) -> str:
    """Return a path as TOML writes it: `instruments."BTCUSDT-PERP.BINANCE".lot`."""
    return ".".join(_format_part(part) for part in path)


def _format_part(part: str) -> str:
    if _BARE.fullmatch(part):
        return part
    return '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Origins(msgspec.Struct):
    """Where values came from: `plugins.toml:31`, `variable HEXDESK__...`, `--set`, a preset."""

    known: dict[KeyPath, str] = msgspec.field(default_factory=dict[KeyPath, str])

    def of(self, path: KeyPath) -> str:
        """Return the origin of a value, else of the first inside it, else of what is around it."""
        exact = self.known.get(path)
        if exact is not None:
            return exact
        for known, origin in self.known.items():
            if path and known[: len(path)] == path:
                return origin
        return self.of(path[:-1]) if path else ""

    def exact(self, path: KeyPath) -> str:
        """Return the origin of a value that was written, `default` for one that was not."""
        return self.known.get(path, DEFAULT_ORIGIN)

    def take(self, newer: Mapping[KeyPath, str]) -> None:
        """Remember the origins of a layer that overrides."""
        self.known.update(newer)

    def forget(self, path: KeyPath) -> None:
        """Forget all below a value that is replaced."""
        below = [known for known in self.known if known[: len(path)] == path]
        for known in below:
            del self.known[known]
