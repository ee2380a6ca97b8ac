"""What an account at a venue of its own process can do."""

import msgspec

from hexdesk_sim.capabilities import DEFAULT_CAPABILITIES

VISIBILITY_DELAY_MS = 1_000
"""A query overtakes a request by less: the venue reads all its sockets in one thread, and refuses
a request that is older than the desk would have waited for its answer."""

CAPABILITIES = msgspec.structs.replace(
    DEFAULT_CAPABILITIES, visibility_delay_ms=VISIBILITY_DELAY_MS
)
