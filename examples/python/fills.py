"""Write every fill to a file, none twice and none left out, however often this is stopped.

python fills.py FILLS.jsonl [--count N]

A line holds what one response brought, and the token that goes on behind it: both are written at
once. A desk that has run anew, or a reader who was away too long, gets a resync; the fills of the
gap come from HistoryService.ListFills.
"""

import argparse
import json
from pathlib import Path

from google.protobuf.json_format import MessageToDict

from hexdesk_api.v1 import events_pb2
from hexdesk_client import Client, Target


def token_of(path: Path) -> str:
    """Return where the file ends; a last line that was cut off is taken away."""
    if not path.exists():
        return ""
    lines = path.read_text().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines := lines[:-1]))
    return str(json.loads(lines[-1])["resume_token"]) if lines else ""


def follow(client: Client, path: Path, count: int) -> None:
    """Append fills until there are so many; 0 is for ever."""
    request = events_pb2.StreamEventsRequest(
        kinds=[events_pb2.EVENT_KIND_FILL], skip_snapshot=True, resume_token=token_of(path)
    )
    written = 0
    for response in client.follow(request):
        if response.HasField("resync"):
            cause = events_pb2.Resync.Cause.Name(response.resync.cause)
            print(f"{cause}: what is missing stands in the desk's history")
        if not response.events:
            continue
        fills = [MessageToDict(event.fill) for event in response.events]
        with path.open("a") as file:
            file.write(json.dumps({"fills": fills, "resume_token": response.resume_token}) + "\n")
        written += len(fills)
        if count and written >= count:
            break
    print(f"{written} fills written")


def main() -> None:
    """Follow the fills."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--count", type=int, default=0)
    given = parser.parse_args()
    with Client(Target.from_environment()) as client:
        follow(client, given.path, given.count)


if __name__ == "__main__":
    main()
