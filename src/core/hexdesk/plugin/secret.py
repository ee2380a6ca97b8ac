"""Secrets in settings: references to where a value is kept, never the value itself."""

import os
from pathlib import Path

from hexdesk.errors import ConfigError
from hexdesk.plugin.redaction import remember

SECRET_BYTES_MAX = 65_536
"""A longer file is no secret but a mistake."""


class Secret:
    """A setting that names where its value is kept: `env:NAME` or `file:PATH`.

    A settings type declares `api_key: Secret`; the plugin calls `reveal` where the value is used,
    so that a rotated key is found at the next connection. Neither `repr` nor `str` shows the value.

    Attributes:
        reference: What the configuration says.
    """

    __slots__ = ("reference",)

    def __init__(self, reference: str) -> None:
        """Keep a reference.

        Raises:
            ValueError: It is not one; the message does not repeat it, it may be a secret.
        """
        kind, _, place = reference.partition(":")
        if kind not in {"env", "file"} or not place.strip():
            raise ValueError("expected a reference, `env:NAME` or `file:PATH`, never the value")
        self.reference = reference

    @property
    def is_set(self) -> bool:
        """Whether there is a value to reveal."""
        try:
            return bool(self.reveal())
        except ConfigError:
            return False

    def reveal(self) -> str:
        """Return the value, without the line break that ends a file.

        From then on `hexdesk.plugin.redaction` takes it out of whatever is logged or sent.

        Raises:
            ConfigError: The variable is not set, or the file is missing, empty or unreadable.
        """
        kind, _, place = self.reference.partition(":")
        if kind == "env":
            value = os.environ.get(place, "")
            remedy = f"export {place}=..."
        else:
            value = self._read(Path(place))
            remedy = f"write the value into {place}"
        if not value:
            raise ConfigError(
                f"secret {self.reference} is not set", code="CONFIG_SECRET", remedy=remedy
            )
        remember(value)
        return value

    def _read(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                content = file.read(SECRET_BYTES_MAX + 1)
            if len(content) > SECRET_BYTES_MAX:
                raise ConfigError(
                    f"secret {self.reference} is longer than {SECRET_BYTES_MAX} bytes",
                    code="CONFIG_SECRET",
                    remedy="name the file that holds the value alone",
                )
            return content.decode().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigError(
                f"secret {self.reference} cannot be read: {reason}",
                code="CONFIG_SECRET",
                remedy=f"put the value into {path}, readable for this user alone",
            ) from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reference == self.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    def __repr__(self) -> str:
        return "Secret('***')"
