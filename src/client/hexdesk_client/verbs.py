"""Three verbs for programs that only want to be long, short or flat.

They trade a person's own books, or a strategy's where one is named; risk is asked as ever. For
limits, stops and all else there is `orders.CreateOrder`.
"""

from hexdesk_api.v1 import common_pb2, orders_pb2, portfolio_pb2
from hexdesk_client.aio import AsyncClient

OWN = "strategies/manual@"
"""How the names of books begin that belong to persons, not to strategies."""


async def long(
    client: AsyncClient, symbol: str, quantity: str, *, strategy: str = "", request_id: str = ""
) -> orders_pb2.Order:
    """Buy at the market; a denied order is an answer, its `code` says why.

    Args:
        client: The connection.
        symbol: Instrument id, as `TQQQ.NASDAQ`.
        quantity: Exact decimal number.
        strategy: Whose order; empty for one's own.
        request_id: Idempotency key: the same call with it is carried out once.

    Raises:
        ApiError: The call was refused, or the desk cannot be reached.
    """
    return await _send(client, symbol, quantity, common_pb2.SIDE_BUY, strategy, request_id)


async def short(
    client: AsyncClient, symbol: str, quantity: str, *, strategy: str = "", request_id: str = ""
) -> orders_pb2.Order:
    """Sell at the market; as `long`."""
    return await _send(client, symbol, quantity, common_pb2.SIDE_SELL, strategy, request_id)


async def flat(client: AsyncClient, symbol: str, *, strategy: str = "") -> list[orders_pb2.Order]:
    """Close what is held of an instrument at the market; nothing held, nothing sent.

    Raises:
        ApiError: The call was refused, or the desk cannot be reached.
    """
    held = await client.call(
        client.portfolio.ListPositions,
        portfolio_pb2.ListPositionsRequest(
            instrument=f"instruments/{symbol}",
            strategy=f"strategies/{strategy}" if strategy else "",
            page_size=1_000,
        ),
    )
    return [
        await _send(
            client,
            symbol,
            each.quantity.lstrip("-"),
            common_pb2.SIDE_BUY if each.quantity.startswith("-") else common_pb2.SIDE_SELL,
            each.strategy.partition("/")[2],
            reduces=True,
        )
        for each in held.positions
        if strategy or each.strategy.startswith(OWN)
    ]


async def _send(  # noqa: PLR0917 - private
    client: AsyncClient,
    symbol: str,
    quantity: str,
    side: common_pb2.Side,
    strategy: str,
    request_id: str = "",
    *,
    reduces: bool = False,
) -> orders_pb2.Order:
    order = orders_pb2.Order(
        instrument=f"instruments/{symbol}",
        side=side,
        order_type=orders_pb2.ORDER_TYPE_MARKET,
        quantity=quantity,
        strategy=f"strategies/{strategy}" if strategy else "",
        reduce_only=reduces,
    )
    request = orders_pb2.CreateOrderRequest(order=order, request_id=request_id)
    return await client.call(client.orders.CreateOrder, request)
