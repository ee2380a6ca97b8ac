"""The red button: halt the desk, then close every position, and say what is left.

python stop_everything.py REASON [--account ID] [--dry-run]

A halt lets nothing be opened; closing is always allowed. A live desk wants its account's id for it.
"""

import argparse
import time

from hexdesk_api.v1 import desk_pb2, portfolio_pb2
from hexdesk_client import Client, Target

PATIENCE_S = 30.0


def stop(client: Client, reason: str, account: str, *, dry_run: bool) -> list[str]:
    """Return the positions that are still there at the end."""
    halt = desk_pb2.HaltRequest(reason=reason, dry_run=dry_run)
    halted = client.call(client.desk.Halt, halt)
    print(f"desk: {desk_pb2.Desk.State.Name(halted.state)}")
    flatten = desk_pb2.FlattenRequest(reason=reason, account_id=account, dry_run=dry_run)
    flat = client.call(client.desk.Flatten, flatten)
    print(f"{len(flat.canceled_orders)} orders canceled, {len(flat.positions)} positions closing")
    deadline = time.monotonic() + PATIENCE_S
    while not dry_run and held(client) and time.monotonic() < deadline:
        time.sleep(0.1)
    return held(client)


def held(client: Client) -> list[str]:
    """Return what is not flat."""
    listed = client.call(client.portfolio.ListPositions, portfolio_pb2.ListPositionsRequest())
    return [f"{each.name}: {each.quantity}" for each in listed.positions]


def main() -> int:
    """Stop everything; 1 if positions are left."""
    parser = argparse.ArgumentParser()
    parser.add_argument("reason")
    parser.add_argument("--account", default="", help="the account's id, for a live desk")
    parser.add_argument("--dry-run", action="store_true")
    given = parser.parse_args()
    with Client(Target.from_environment()) as client:
        left = stop(client, given.reason, given.account, dry_run=given.dry_run)
    for line in left:
        print(f"still held: {line}")
    return 1 if left and not given.dry_run else 0


if __name__ == "__main__":
    raise SystemExit(main())
