"""The life of connections, for adapters: a pure state machine and the driver that acts on it.

`Link` decides, `Connection` acts; an adapter implements `Peer`. See docs/connections.md.
"""

from hexdesk.connection.connection import Connection, LinkError, Peer
from hexdesk.connection.limits import LinkLimits
from hexdesk.connection.link import Link, LinkEvent
from hexdesk.connection.sequence import GapError, SequenceGuard

__all__ = [
    "Connection",
    "GapError",
    "Link",
    "LinkError",
    "LinkEvent",
    "LinkLimits",
    "Peer",
    "SequenceGuard",
]
