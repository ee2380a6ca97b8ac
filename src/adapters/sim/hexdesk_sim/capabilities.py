"""What the simulated venue can do."""

from hexdesk.domain.values import HEDGING, NETTING, OrderType, TimeInForce
from hexdesk.ports.broker import Capabilities
from hexdesk_sim.settings import SimSettings


def capabilities_of(settings: SimSettings) -> Capabilities:
    """Return what a venue with these settings declares."""
    travel_ms = settings.submit_latency_ms + settings.jitter_ms
    return Capabilities(
        order_types=frozenset(OrderType),
        times_in_force=frozenset(TimeInForce),
        position_mode=HEDGING if settings.position_mode == "hedging" else NETTING,
        post_only=True,
        reduce_only=True,
        display_quantity=True,
        amend=True,
        position_effects=True,
        client_ids=settings.client_ids,
        dedupes_client_id=settings.client_ids,
        lookup_key="client_order_id" if settings.client_ids else "",
        visibility_delay_ms=int(travel_ms) + 1 if travel_ms else 0,
        absence_is_proof=settings.client_ids,
    )


DEFAULT_CAPABILITIES = capabilities_of(SimSettings())
