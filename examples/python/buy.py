"""Submit an order and follow it to its end.

python buy.py INSTRUMENT QUANTITY [--timeout SECONDS]

The order has a key: if the answer is lost, the same call again gives the same order, never two.
Begin to follow before submitting, or the fill may come in between.
"""

import argparse
import asyncio
import secrets
import sys

from hexdesk_api.v1 import common_pb2, events_pb2, orders_pb2
from hexdesk_client import ApiError, AsyncClient, Target

ENDED = frozenset(
    {
        orders_pb2.ORDER_STATUS_FILLED,
        orders_pb2.ORDER_STATUS_CANCELED,
        orders_pb2.ORDER_STATUS_EXPIRED,
        orders_pb2.ORDER_STATUS_REJECTED,
        orders_pb2.ORDER_STATUS_DENIED,
    }
)


async def buy(client: AsyncClient, instrument: str, quantity: str) -> orders_pb2.Order:
    """Return the order as it ended."""
    events = client.follow(events_pb2.StreamEventsRequest(kinds=[events_pb2.EVENT_KIND_ORDER]))
    async for response in events:
        if response.snapshot.complete:
            break
    request = orders_pb2.CreateOrderRequest(
        order=orders_pb2.Order(
            instrument=f"instruments/{instrument}",
            side=common_pb2.SIDE_BUY,
            order_type=orders_pb2.ORDER_TYPE_MARKET,
            quantity=quantity,
        ),
        request_id=f"buy-{secrets.token_hex(8)}",
        reason="an example",
    )
    order = await client.call(client.orders.CreateOrder, request)
    print(f"{order.name} submitted")
    if order.status in ENDED:
        return order
    async for response in events:
        for event in response.events:
            if event.order.name == order.name:
                print(f"{order.name} {orders_pb2.OrderStatus.Name(event.order.status)}")
                if event.order.status in ENDED:
                    return event.order
    raise RuntimeError("the events ended")


async def main() -> int:
    """Buy, and say how it went."""
    parser = argparse.ArgumentParser()
    parser.add_argument("instrument")
    parser.add_argument("quantity")
    parser.add_argument("--timeout", type=float, default=30.0)
    given = parser.parse_args()
    async with AsyncClient(Target.from_environment()) as client:
        try:
            async with asyncio.timeout(given.timeout):
                order = await buy(client, given.instrument, given.quantity)
        except ApiError as error:
            print(f"{error}\n  -> {error.remedy}", file=sys.stderr)
            return 1
        except TimeoutError:
            print("it has not ended; look for it: hexdesk orders", file=sys.stderr)
            return 1
    if order.code:
        print(f"{order.code}: {order.text}", file=sys.stderr)
        return 1
    print(f"bought {order.cum_qty} at {order.avg_px}")
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
