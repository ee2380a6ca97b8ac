"""Connect and look: the desk, its strategies, what is open.

python look.py            # HEXDESK_ADDRESS, HEXDESK_TOKEN say where and who
"""

from hexdesk_api.v1 import common_pb2, desk_pb2, orders_pb2, strategies_pb2
from hexdesk_client import Client, Target


def main() -> None:
    """Print a summary."""
    with Client(Target.from_environment()) as client:
        desk = client.call(client.desk.GetDesk, desk_pb2.GetDeskRequest())
        mode = common_pb2.Mode.Name(desk.mode)
        print(f"{desk.display_name}: {mode}, {desk_pb2.Desk.State.Name(desk.state)}")
        for amount in desk.equity:
            print(f"equity {amount.amount} {amount.currency}")
        listed = client.call(
            client.strategies.ListStrategies, strategies_pb2.ListStrategiesRequest()
        )
        for strategy in listed.strategies:
            state = strategies_pb2.Strategy.State.Name(strategy.state)
            print(f"{strategy.name}: {state}, {strategy.fill_count} fills")
        found = client.call(
            client.orders.ListOrders, orders_pb2.ListOrdersRequest(open_only=True, page_size=20)
        )
        for order in found.orders:
            print(f"{order.name}: {order.leaves_qty} of {order.quantity} open at {order.price}")


if __name__ == "__main__":
    main()
