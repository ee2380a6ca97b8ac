"""Settings of `[servers.NAME]` with `plugin = "http"`."""

import msgspec


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to listen, and the limits of what clients may do.

    Attributes:
        listen: `host:port`; port 0 takes a free one. Without TLS only an address of this machine.
        tls_certificate: PEM file of the server's certificate, with its chain; empty for no TLS.
        tls_key: PEM file of its key.
        tls_client_ca: PEM file of the authority that clients' certificates are signed by; with it
            a client must show one (mTLS).
        anonymous: Whether a client on this machine may do everything without a token, as long as
            there is no token at all.
        body_bytes_max: Largest body that a client may send.
        connections_max: Connections at once; a further one is closed.
        idle_s: A connection that asks for nothing is closed after so long, in seconds.
        calls_max: Calls and streams under way at once; further ones are refused.
        streams_max: Streams among them.
        deadline_s: Longest that a call may take, in seconds.
        drain_s: How long calls may go on after the server was asked to stop, in seconds.
    """

    listen: str = "127.0.0.1:8080"
    tls_certificate: str = ""
    tls_key: str = ""
    tls_client_ca: str = ""
    anonymous: bool = True
    body_bytes_max: int = 1_048_576
    connections_max: int = 512
    idle_s: float = 60.0
    calls_max: int = 128
    streams_max: int = 64
    deadline_s: float = 30.0
    drain_s: float = 5.0
