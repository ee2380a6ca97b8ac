"""The error tree of hexdesk; it branches by what the caller can do.

    HexdeskError
    ├── ConfigError          fix the configuration, then start again
    ├── DataError            fix or replace the data file
    ├── PluginError          fix, replace or remove the plugin
    ├── VenueError           what a venue or its connection did
    │   ├── VenueUnavailableError    wait `retry_after_ms`, then try again
    │   ├── VenueCredentialsError    fix the keys or permissions
    │   └── VenuePermanentError      do not try again
    └── InvariantError       a bug in hexdesk: stop trading and report it

Denials and rejects of orders are values (`hexdesk.domain.reports`), never exceptions.
"""


class HexdeskError(Exception):
    """Anything hexdesk raises on purpose.

    Attributes:
        code: Stable upper-case name, for scripts and documentation.
        remedy: What to do about it, as a sentence or a command; may be empty.
    """

    code = "ERROR"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self._head()}\n  -> {self.remedy}" if self.remedy else self._head()

    def _head(self) -> str:
        """Say what is wrong, and where."""
        return f"{self.code}: {self.message}"


class ConfigError(HexdeskError):
    """A setting is missing, unknown, malformed or contradicts another.

    Attributes:
        path: TOML path such as `strategies.mm-btc.settings.spread_bps`; may be empty.
        origin: File and line, variable or flag that the value came from; may be empty.
    """

    code = "CONFIG"

    def __init__(
        self,
        message: str,
        *,
        code: str = "CONFIG",
        path: str = "",
        origin: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.path = path
        self.origin = origin

    def _head(self) -> str:
        where = f"{self.path} ({self.origin})" if self.path and self.origin else self.path
        return f"{self.code}: {where} {self.message}" if where else super()._head()


class ManyConfigError(ConfigError):
    """Several configuration errors found in one go."""

    def __init__(self, errors: list[ConfigError]) -> None:
        super().__init__(f"{len(errors)} configuration errors", code="CONFIG")
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class DataError(HexdeskError):
    """Recorded data cannot be read.

    Attributes:
        file: The file's name.
        row: Row number from 1, or 0 where it concerns the whole file.
    """

    code = "DATA"

    def __init__(self, message: str, *, file: str = "", row: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.file = file
        self.row = row

    def _head(self) -> str:
        where = f"{self.file}, row {self.row}" if self.row else self.file
        return f"{self.code}: {where}: {self.message}" if where else super()._head()


class PluginError(HexdeskError):
    """A plugin cannot be found, loaded or used.

    Attributes:
        plugin: Name that `plugins.toml` asked for.
        distribution: Distribution and version that offer it; empty when none does.
        path: TOML path of the section that named it; may be empty.
    """

    code = "PLUGIN"

    def __init__(
        self,
        message: str,
        *,
        code: str = "PLUGIN",
        plugin: str = "",
        distribution: str = "",
        path: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.plugin = plugin
        self.distribution = distribution
        self.path = path

    def _head(self) -> str:
        facts = ", ".join(fact for fact in (self.distribution, self.path) if fact)
        return f"{super()._head()} [{facts}]" if facts else super()._head()


class VenueError(HexdeskError):
    """A venue or the way to it failed."""

    code = "VENUE"


class VenueUnavailableError(VenueError):
    """The venue cannot be reached or asks to wait."""

    code = "VENUE_UNAVAILABLE"

    def __init__(self, message: str, *, retry_after_ms: int = 1_000, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_ms = retry_after_ms


class VenueCredentialsError(VenueError):
    """The venue refuses the credentials or their permissions."""

    code = "VENUE_AUTH"


class VenuePermanentError(VenueError):
    """The venue refuses and will refuse again."""

    code = "VENUE_PERMANENT"


class InvariantError(HexdeskError):
    """A law of the core does not hold: a bug, never an input error."""

    code = "INVARIANT"


def require(condition: object, message: str) -> None:
    """Raise `InvariantError` unless the condition holds; survives `python -O`."""
    if not condition:
        raise InvariantError(message)
