"""Tell a chat what a person should know: alerts, halts, what operators do.

python alert_bot.py [--webhook URL] [--count N]

Each message is posted as {"text": ...}, as most chats take it; without an address it is printed.
The desk has alert channels of its own (`docs/telemetry.md`); this shows how little a bot needs.
"""

import argparse
import json
import urllib.request
from collections.abc import Iterator

from hexdesk_api.v1 import desk_pb2, events_pb2
from hexdesk_client import Client, Target

KINDS = (
    events_pb2.EVENT_KIND_ALERT,
    events_pb2.EVENT_KIND_COMMAND,
    events_pb2.EVENT_KIND_DESK,
)
TIMEOUT_S = 10.0


def messages(client: Client) -> Iterator[str]:
    """Yield what is worth a message; a lost connection is taken up by itself."""
    request = events_pb2.StreamEventsRequest(kinds=KINDS, skip_snapshot=True)
    state = client.call(client.desk.GetDesk, desk_pb2.GetDeskRequest()).state
    for response in client.follow(request):
        if response.HasField("resync"):
            yield "some messages were missed"
        for event in response.events:
            if event.HasField("alert"):
                yield f"{event.alert.code} {event.alert.scope}: {event.alert.text}"
            elif event.HasField("command"):
                yield f"{event.command.command}: {event.command.reason or 'no reason given'}"
            elif event.desk.state != state:
                state = event.desk.state
                yield f"the desk is {desk_pb2.Desk.State.Name(state)}"


def post(url: str, text: str) -> None:
    """Send one message."""
    if not url.startswith(("http://", "https://")):
        raise SystemExit(f"expected an http address, was {url}")
    body = json.dumps({"text": text}).encode()
    header = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, header)  # noqa: S310 - http, see above
    urllib.request.urlopen(request, timeout=TIMEOUT_S).close()  # noqa: S310 - the same


def main() -> None:
    """Run until stopped, or until so many messages were sent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--webhook", default="")
    parser.add_argument("--count", type=int, default=0)
    given = parser.parse_args()
    with Client(Target.from_environment()) as client:
        print("listening", flush=True)
        for number, text in enumerate(messages(client), 1):
            print(text, flush=True)
            if given.webhook:
                post(given.webhook, text)
            if number == given.count:
                break


if __name__ == "__main__":
    main()
