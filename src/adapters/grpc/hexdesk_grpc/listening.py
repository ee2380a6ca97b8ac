"""Where a server may listen; both servers hold to it."""

import ipaddress
from functools import lru_cache
from typing import Protocol

from hexdesk.errors import ConfigError
from hexdesk.plugin import ServerContext
from hexdesk.ports.control import Control

PORT_MAX = 65_535


class ListenSettings(Protocol):
    """What the settings of both servers say about listening."""

    @property
    def listen(self) -> str:
        """`host:port`."""
        ...

    @property
    def tls_certificate(self) -> str:
        """PEM file; empty for no TLS."""
        ...

    @property
    def tls_key(self) -> str:
        """PEM file."""
        ...


def control_of(context: ServerContext) -> Control:
    """Return what a server is to serve.

    Raises:
        ConfigError: It is named where there is no desk.
    """
    if context.control is None:
        raise ConfigError(
            "needs a desk to control", code="CONFIG_CONFLICT", remedy="name it in a desk's file"
        )
    return context.control


def parse_listen(settings: ListenSettings) -> tuple[str, int]:
    """Return host and port of the settings.

    Raises:
        ConfigError: It is no address, or reaches beyond this machine without TLS.
    """
    host, colon, text = settings.listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and colon and text.isascii() and text.isdigit()) or int(text) > PORT_MAX:
        raise ConfigError(
            f"listen: expected host:port, was {settings.listen[:100]!r}",
            code="CONFIG_VALUE",
            remedy='listen = "127.0.0.1:50051"',
        )
    if bool(settings.tls_certificate) is not bool(settings.tls_key):
        raise ConfigError(
            "expected tls_certificate and tls_key together",
            code="CONFIG_CONFLICT",
            remedy="hexdesk certs init makes both",
        )
    if not settings.tls_certificate and not is_loopback(host):
        raise ConfigError(
            f"listen: {host!r} can be reached from other machines, which needs TLS",
            code="CONFIG_CONFLICT",
            remedy="hexdesk certs init, then set tls_certificate and tls_key;"
            ' or listen = "127.0.0.1:50051"',
        )
    return host, int(text)


@lru_cache(maxsize=1_024)  # asked at every call, and there are few hosts
def is_loopback(host: str) -> bool:
    """Whether an address is this machine's alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
