"""Where a venue does not answer, a word of a person settles an order in doubt: two processes."""

import os
import signal
from functools import partial
from pathlib import Path

from tests.e2e.service import (
    TIMEOUT_S,
    Remote,
    free_port,
    hexdesk,
    run_desk,
    serve_venue,
)

INSTRUMENT = "BTCUSDT-PERP.SIM"
DESK = """
[desk]
name = "doubtful"

[journal]
plugin = "journal"

[brokers.venue]
plugin = "sim_venue"
url = "http://{venue}"
answer_timeout_ms = 1000
heartbeat_timeout_ms = 60000

[feeds.venue]
plugin = "sim_venue"
url = "http://{venue}"
heartbeat_timeout_ms = 60000

[strategies.trend]
plugin = "ema_cross"
instruments = ["{instrument}"]
settings = {{ quantity = "0.01", fast_period = 900, slow_period = 1000 }}

[reconciliation]
query_timeout_s = 0.5
in_flight_s = 0.2

[servers.control]
plugin = "grpc"
listen = "{control}"
"""


def test_a_persons_word_settles_an_order_that_nobody_answers_for(tmp_path: Path) -> None:
    with serve_venue(tmp_path, "--data", "walk") as (address, their_process):
        control = f"127.0.0.1:{free_port()}"
        text = DESK.format(venue=address, control=control, instrument=INSTRUMENT)
        (tmp_path / "plugins.toml").write_text(text)

        remote = Remote(tmp_path, control)
        say = remote.say
        with run_desk(tmp_path) as desk:
            wait = partial(remote.wait, desk)
            try:
                wait("reconcile", until=lambda found: found["accounts"][0]["ready"])
                os.kill(their_process.pid, signal.SIGSTOP)
                order = ("order", "buy", INSTRUMENT, "0.01", "--price", "100", "--reason", "a try")
                assert say(*order)[0] == 0
                found = wait("orders", until=lambda found: found and "doubt" in found[0])
                (doubtful,) = found
                order_id = doubtful["name"].partition("/")[2]
                resolve = ("orders", "resolve", order_id, "--as", "absent")
                assert say(*resolve)[0] == 4, "it needs a reason"
                reason = ("--reason", "the venue's desk says so")
                assert say(*resolve, *reason, "--dry-run")[0] == 0
                assert say("orders")[1][0]["doubt"]
                code, done = say(*resolve, *reason)
                assert (code, done["status"]) == (0, "ORDER_STATUS_REJECTED")
                assert say("orders")[1] == []
                assert say(*resolve, *reason)[0] != 0, "it is in doubt no more"
                os.kill(their_process.pid, signal.SIGCONT)
                wait("reconcile", until=lambda found: not found["incidents"])
                assert say("orders")[1] == []
                assert say("shutdown")[0] == 0
                desk.communicate(timeout=TIMEOUT_S)
            finally:
                if desk.poll() is None:
                    desk.kill()
        assert desk.returncode == 0
    told = hexdesk(tmp_path, "why", order_id, "hexdesk_data").stdout
    assert "local says it is absent: the venue's desk says so" in told
    assert hexdesk(tmp_path, "replay", "hexdesk_data").returncode == 0
