"""Who calls, by what a connection and its metadata show."""

import logging
from typing import Any
from urllib.parse import unquote

import grpc

from hexdesk.ports.control import Caller, Control, ControlError, Reason
from hexdesk_grpc.listening import is_loopback

HEADER = "authorization"
SCHEME = "bearer "


class Identity:
    """Finds the caller of a call.

    Attributes:
        name: Of the server, for incident ids.
    """

    def __init__(
        self, name: str, control: Control, *, anonymous: bool, logger: logging.Logger
    ) -> None:
        self.name = name
        self._control = control
        self._anonymous = anonymous
        self._logger = logger

    def of(self, context: "grpc.aio.ServicerContext[Any, Any]") -> Caller:
        """Return who calls over gRPC; as `by`."""
        peer = unquote(context.peer() or "")
        for key, value in context.invocation_metadata() or ():
            if key == HEADER:
                text = value.decode(errors="replace") if isinstance(value, bytes) else value
                return self.by(text, peer)
        return self.by(None, peer)

    def by(self, authorization: str | None, peer: str) -> Caller:
        """Return who shows this header, None for none, from this address.

        Raises:
            ControlError: No token where one is needed, or one that does not hold.
        """
        if authorization is not None:
            return self._bearer(authorization, peer)
        if self._anonymous and is_local(peer):
            return self._control.identify("", peer)
        raise ControlError(
            Reason.TOKEN_INVALID,
            "a token is needed",
            remedy="hexdesk token create NAME --scope read, then HEXDESK_TOKEN=...",
        )

    def _bearer(self, text: str, peer: str) -> Caller:
        if text[: len(SCHEME)].lower() != SCHEME:
            raise ControlError(Reason.TOKEN_INVALID, "expected 'authorization: Bearer TOKEN'")
        secret = text[len(SCHEME) :].strip()
        if not secret:
            raise ControlError(Reason.TOKEN_INVALID, "the token is empty")
        return self._control.identify(secret, peer)


def is_local(peer: str) -> bool:
    """Whether a peer, as `ipv4:127.0.0.1:1234`, is on this machine."""
    kind, _, rest = peer.partition(":")
    if kind == "unix":
        return True
    host = rest.rpartition(":")[0].removeprefix("[").removesuffix("]")
    return is_loopback(host)
