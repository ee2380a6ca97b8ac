"""A wire that can be cut: a proxy between a desk and its venue, in threads of the test."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

BYTES_MAX = 65_536


class Wire:
    """Passes connections on; while it is cut, those that stand end and new ones are refused.

    Attributes:
        address: Where a desk connects to.
    """

    def __init__(self, venue: str) -> None:
        host, _, port = venue.rpartition(":")
        self._venue = (host, int(port))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._is_cut = False
        self._ends: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and take no other."""
        self._is_cut = True
        for end in list(self._ends):
            _close(end)

    def mend(self) -> None:
        """Take connections again."""
        self._is_cut = False

    def close(self) -> None:
        """End for good."""
        self.cut()
        _close(self._server)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                desk, _ = self._server.accept()
                if self._is_cut:
                    _close(desk)
                    continue
                venue = socket.create_connection(self._venue)
                self._ends |= {desk, venue}
                for source, target in ((desk, venue), (venue, desk)):
                    threading.Thread(
                        target=self._pass_on, args=(source, target), daemon=True
                    ).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(BYTES_MAX):
                target.sendall(data)
        for end in (source, target):
            _close(end)
            self._ends.discard(end)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def wire_to(venue: str) -> Generator[Wire]:
    """Lay a wire to a venue."""
    wire = Wire(venue)
    try:
        yield wire
    finally:
        wire.close()
