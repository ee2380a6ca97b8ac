"""long, short, flat: three verbs over a real server."""

from hexdesk_api.v1 import common_pb2
from hexdesk_client import AsyncClient, Target
from hexdesk_client.verbs import flat, long, short
from tests.adapters.grpc.rig import ServedRig, served

SYMBOL = "TEST-PERP.ACME"


def fill(rig: ServedRig, name: str) -> None:
    order_id = name.removeprefix("orders/")
    rig.accept(order_id)
    rig.fill(order_id)


async def test_long_short_flat() -> None:
    """B12: async verbs long(symbol, quantity), short, flat(symbol)."""
    async with served() as rig, AsyncClient(Target(rig.server.address)) as client:
        assert await flat(client, SYMBOL) == []
        bought = await long(client, SYMBOL, "2", request_id="k")
        assert bought == await long(client, SYMBOL, "2", request_id="k")
        fill(rig, bought.name)
        (closing,) = await flat(client, SYMBOL)
        assert (closing.side, closing.quantity) == (common_pb2.SIDE_SELL, "2")
        assert closing.reduce_only
        fill(rig, closing.name)
        fill(rig, (await short(client, SYMBOL, "1")).name)
        (covering,) = await flat(client, SYMBOL)
        assert (covering.side, covering.quantity) == (common_pb2.SIDE_BUY, "1")


async def test_a_strategys_position_is_closed_only_by_its_name() -> None:
    async with served() as rig, AsyncClient(Target(rig.server.address)) as client:
        rig.life("3")
        assert await flat(client, SYMBOL) == []
        (closing,) = await flat(client, SYMBOL, strategy="a")
        assert (closing.strategy, closing.quantity) == ("strategies/a", "3")
