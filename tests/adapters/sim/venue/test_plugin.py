"""The plugin module: quick to import, honest about what it needs."""

import subprocess
import sys

import pytest

from hexdesk.plugin import CONTRACT_VERSION, Registration
from hexdesk_sim import venue
from hexdesk_sim.venue.capabilities import CAPABILITIES

LIBRARIES = ("aiohttp", "websockets")


def test_it_offers_a_server_a_broker_and_a_feed() -> None:
    offered: list[Registration] = [
        *venue.hexdesk_servers(),
        *venue.hexdesk_brokers(),
        *venue.hexdesk_feeds(),
    ]
    assert {each.name for each in offered} == {"sim_venue"}
    assert {each.contract for each in offered} == {CONTRACT_VERSION}
    assert CAPABILITIES.dedupes_client_id
    assert CAPABILITIES.absence_is_proof
    assert CAPABILITIES.lookup_key == "client_order_id"


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_importing_the_module_imports_no_library() -> None:
    code = f"import sys, hexdesk_sim.venue; print([n for n in {LIBRARIES} if n in sys.modules])"
    assert run(code) == "[]"


@pytest.mark.parametrize(
    ("factory", "missing"),
    [("_make_server", "aiohttp"), ("_make_broker", "aiohttp"), ("_make_broker", "websockets"),
     ("_make_feed", "websockets")],
)  # fmt: skip
def test_a_missing_library_is_an_import_error_of_the_factory(factory: str, missing: str) -> None:
    code = f"""
import sys
import hexdesk_sim.venue as venue
sys.modules[{missing!r}] = None
try:
    venue.{factory}(None, None)
except ModuleNotFoundError as error:
    print(error.name.partition(".")[0])
"""
    assert run(code) == missing


def test_the_feed_needs_websockets_alone() -> None:
    code = """
import sys
sys.modules["aiohttp"] = None
import hexdesk_sim.venue.feed
print("fine")
"""
    assert run(code) == "fine"
