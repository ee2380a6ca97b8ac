"""The `hexdesk` command. This module imports nothing slow: `hexdesk --version` answers at once."""

import sys
from collections.abc import Sequence

from hexdesk import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code (experience.md, section 3)."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words in (["--version"], ["-V"]):
        sys.stdout.write(f"hexdesk {__version__}\n")
        return 0
    try:
        from hexdesk_app.cli.app import run_command

        return run_command(words)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
