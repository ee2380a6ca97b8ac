"""Servers live in real time, whatever time the desk beside them plays."""

import sys
from pathlib import Path

from hexdesk.application.clock import VirtualClock
from hexdesk_app.build import build
from hexdesk_app.config import Sources, load_config
from hexdesk_app.running.live_clock import wall_time_ns
from tests.app.cli.desk import PLUGINS_TOML, install
from tests.app.site import Site

SERVER = """
from hexdesk.plugin import CONTRACT_VERSION, NoSettings, ServerRegistration, hookimpl

contexts = []

def factory(context, settings):
    contexts.append(context)
    return object()

@hookimpl
def hexdesk_servers():
    return [ServerRegistration(name="door", summary="Door", settings=NoSettings, factory=factory,
                               contract=CONTRACT_VERSION)]
"""


async def test_a_server_beside_recordings_has_a_real_clock(site: Site, tmp_path: Path) -> None:
    install(site)
    site.module("door_module", SERVER)
    site.distribution("dist-door", entries="door = door_module")
    (tmp_path / "plugins.toml").write_text(PLUGINS_TOML + '[servers.door]\nplugin = "door"\n')
    app = build(load_config(Sources(folder=tmp_path)))
    before = wall_time_ns()
    assert list(app.servers) == ["door"]
    (context,) = sys.modules["door_module"].contexts
    assert context.clock.now_ns() >= before
    assert isinstance(app.clock, VirtualClock)
