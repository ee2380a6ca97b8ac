"""Where a desk is, and how to show who one is."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc

DEFAULT_ADDRESS = "127.0.0.1:50051"
OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),
)


@dataclass(frozen=True)
class Target:
    """A desk's address and one's credentials.

    Attributes:
        address: `host:port`.
        token: Bearer token; empty for none.
        ca_file: PEM file of the authority that signed the desk's certificate; empty for no TLS.
        certificate_file: PEM file of one's own certificate, for mTLS.
        key_file: PEM file of its key.
    """

    address: str = DEFAULT_ADDRESS
    token: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Target":
        """Return what HEXDESK_ADDRESS, _TOKEN, _CA, _CERTIFICATE and _KEY say."""
        given = os.environ if environ is None else environ
        return cls(
            address=given.get("HEXDESK_ADDRESS", "") or DEFAULT_ADDRESS,
            token=given.get("HEXDESK_TOKEN", ""),
            ca_file=given.get("HEXDESK_CA", ""),
            certificate_file=given.get("HEXDESK_CERTIFICATE", ""),
            key_file=given.get("HEXDESK_KEY", ""),
        )

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with every call."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    def open(self) -> grpc.Channel:
        """Return a channel; it connects when it is first used.

        Raises:
            OSError: A certificate or key cannot be read.
        """
        credentials = self._credentials()
        if credentials is None:
            return grpc.insecure_channel(self.address, options=OPTIONS)
        return grpc.secure_channel(self.address, credentials, options=OPTIONS)

    def open_async(self) -> grpc.aio.Channel:
        """Return a channel for asyncio; as `open`."""
        credentials = self._credentials()
        if credentials is None:
            return grpc.aio.insecure_channel(self.address, options=OPTIONS)
        return grpc.aio.secure_channel(self.address, credentials, options=OPTIONS)

    def _credentials(self) -> grpc.ChannelCredentials | None:
        if not self.ca_file:
            return None
        own = self.certificate_file and self.key_file
        return grpc.ssl_channel_credentials(
            root_certificates=Path(self.ca_file).read_bytes(),
            private_key=Path(self.key_file).read_bytes() if own else None,
            certificate_chain=Path(self.certificate_file).read_bytes() if own else None,
        )
