"""A desk without any alert channel knows what is wrong, and takes word of who knows of it."""

import json
from pathlib import Path

from tests.e2e.service import PAPER, Remote, await_control, free_port, run_desk

CONTROL = """
[servers.control]
plugin = "grpc"
listen = "{address}"
"""


def test_alarms_are_listed_taken_on_silenced_and_kept(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    (tmp_path / "plugins.toml").write_text(PAPER + CONTROL.format(address=address))
    remote = Remote(tmp_path, address)
    why = ("--reason", "test")
    with run_desk(tmp_path) as desk:
        try:
            await_control(desk, address)
            assert remote.say("halt", *why)[0] == 0
            found = remote.wait(desk, "alert", "list", until=lambda data: data["alarms"])
            alarm = next(each for each in found["alarms"] if each["code"] == "HALTED")
            number = alarm["name"].removeprefix("alarms/")
            assert (alarm["level"], "notify_time" in alarm) == ("LEVEL_EMERGENCY", False)
            assert remote.say("alert", "ack", number, *why)[0] == 0
            known = remote.wait(
                desk, "alert", "list",
                until=lambda data: any(each["acknowledged_by"] for each in data["alarms"]),
            )  # fmt: skip
            assert remote.say("alert", "silence", "stale_feed", "--for", "1h", *why)[0] == 0
            remote.wait(desk, "alert", "list", until=lambda data: data["silences"])
            assert remote.say("alert", "unsilence", "stale_feed", *why)[0] == 0
            assert remote.say("risk", "rearm", *why)[0] == 0
            past = remote.wait(
                desk, "alert", "list", "--all",
                until=lambda data: any("end_time" in each for each in data["alarms"]),
            )  # fmt: skip
        finally:
            desk.terminate()
            desk.communicate(timeout=60)
    assert known["alarms"][0]["acknowledged_by"], json.dumps(known)
    assert "HALTED" in {each["code"] for each in past["alarms"] if "end_time" in each}
