"""Errors of a whole start, and the exit code that each kind of error ends the process with."""

from collections.abc import Sequence

from hexdesk.errors import (
    ConfigError,
    HexdeskError,
    ManyConfigError,
    PluginError,
    VenueCredentialsError,
)

EXIT_OK = 0
EXIT_ERROR = 1
EXIT_NOT_FOUND = 2
EXIT_NOT_RUNNING = 3
EXIT_USAGE = 4
EXIT_TIMEOUT = 5
EXIT_REFUSED = 6
EXIT_INTERRUPTED = 130


class NotFoundError(HexdeskError):
    """What was asked for by name is not there."""

    code = "NOT_FOUND"


class NotRunningError(HexdeskError):
    """A desk was asked for, and none runs."""

    code = "NOT_RUNNING"


class StoppedError(HexdeskError):
    """A desk was asked to stop before it was up."""

    code = "STOPPED"


class RefusedError(HexdeskError):
    """A running desk refused, or does not answer.

    Attributes:
        exit_code: What the command line ends with.
    """

    def __init__(self, message: str, *, code: str, exit_code: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.exit_code = exit_code


class UsageError(HexdeskError):
    """The command line makes no sense."""

    code = "USAGE"


class ManyErrors(HexdeskError):  # noqa: N818 - its name says what it holds
    """Several errors of different kinds, found in one go.

    Attributes:
        errors: In the order of finding.
    """

    code = "MANY"

    def __init__(self, errors: Sequence[HexdeskError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = list(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def raise_all(errors: Sequence[HexdeskError]) -> None:
    """Raise all errors at once, a single one as itself; nothing where there is none."""
    configuration = [error for error in errors if isinstance(error, ConfigError)]
    if not errors:
        return
    if len(errors) == 1:
        raise errors[0]
    if len(configuration) == len(errors):
        raise ManyConfigError(configuration)
    raise ManyErrors(errors)


def each_error(error: HexdeskError) -> list[HexdeskError]:
    """Return the errors that one stands for."""
    if isinstance(error, ManyErrors):
        return error.errors
    if isinstance(error, ManyConfigError):
        return list(error.errors)
    return [error]


def exit_code(error: HexdeskError) -> int:
    """Return the exit code of an error (experience.md, section 3)."""
    if isinstance(error, RefusedError):
        return error.exit_code
    if isinstance(error, NotFoundError):
        return EXIT_NOT_FOUND
    if isinstance(error, NotRunningError):
        return EXIT_NOT_RUNNING
    if isinstance(error, VenueCredentialsError):
        return EXIT_REFUSED
    if isinstance(error, ManyErrors | ConfigError | UsageError):
        return EXIT_USAGE
    if isinstance(error, PluginError):
        named_on_the_command_line = not error.path
        unknown = error.code == "PLUGIN_UNKNOWN" and named_on_the_command_line
        return EXIT_NOT_FOUND if unknown else EXIT_USAGE
    return EXIT_ERROR
