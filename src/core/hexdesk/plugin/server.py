"""What a server plugin makes."""

from typing import Protocol


class Server(Protocol):
    """Something that listens on an address."""

    @property
    def address(self) -> str:
        """Where it listens, as `host:port`; known after `start`."""
        ...

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken or not allowed.
        """
        ...

    async def stop(self) -> None:
        """Finish what is being answered, then close; idempotent."""
        ...
