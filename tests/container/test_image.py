"""The image is built and run for real, on a stand-in base: python:3.11-slim was not."""

from collections.abc import Callable, Iterator
from time import monotonic, sleep

import pytest

from tests.container.podman import Podman, podman

pytestmark = [pytest.mark.container, pytest.mark.slow, pytest.mark.timeout(900)]
IMAGE = "localhost/hexdesk"
START_S_MAX = 60.0
POLL_S = 0.5
DISTRIBUTIONS = (
    "from importlib.metadata import distributions as d; print(*sorted({x.name for x in d()}))"
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Podman]:
    with podman() as engine:
        engine.build(IMAGE)
        yield engine


def distributions(engine: Podman, image: str) -> set[str]:
    """Return what is installed in an image."""
    python = ("--entrypoint=/opt/hexdesk/bin/python",)
    return set(engine.run(image, "-c", DISTRIBUTIONS, options=python).split())


def test_it_runs_locked_up(engine: Podman) -> None:
    assert "0.1.0" in engine.run(IMAGE, "--version")


def test_it_is_not_root_and_owns_its_data(engine: Podman) -> None:
    script = "id -u; touch /data/x && stat -c %u /data/x; touch /opt/hexdesk/x || echo refused"
    said = engine.run(IMAGE, "-c", script, options=("--entrypoint=sh",)).split()
    assert said[:2] == ["10001", "10001"]
    assert said[-1] == "refused"


def test_no_build_tool_or_source_is_left(engine: Podman) -> None:
    script = "command -v cc gcc make uv; ls /src /opt/uv 2>/dev/null; echo end"
    assert engine.run(IMAGE, "-c", script, options=("--entrypoint=sh",)) == "end\n"
    assert not distributions(engine, IMAGE) & {"pip", "setuptools", "uv", "uv-build", "pytest"}


def test_one_line_chooses_the_plugins(engine: Podman) -> None:
    assert "hexdesk-ema-cross" in distributions(engine, IMAGE)
    assert "pyarrow" not in distributions(engine, IMAGE)
    engine.build("localhost/hexdesk-small", PLUGINS="hexdesk-sim")
    family = {
        name
        for name in distributions(engine, "localhost/hexdesk-small")
        if name.startswith("hexdesk")
    }
    assert family == {"hexdesk", "hexdesk-app", "hexdesk-sim"}


CONFIGURATION = """
[brokers.sim]
plugin = "sim"
[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"
[strategies.trend]
plugin = "ema_cross"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = { quantity = "0.01" }
"""


def test_it_is_healthy_while_its_desk_runs(engine: Podman) -> None:
    script = f"cat > desk.toml <<'END'{CONFIGURATION}END\nexec hexdesk run desk.toml --speed 1"
    engine.run(IMAGE, "-c", script, options=("--detach", "--name=desk", "--entrypoint=sh"))
    try:
        eventually(lambda: "running" in engine("exec", "desk", "hexdesk", "health", check=False))
        engine("healthcheck", "run", "desk")
        engine("kill", "--signal=STOP", "desk")  # it hangs
        engine("exec", "desk", "touch", "--date=@0", "/data/state/heartbeat.json")
        with pytest.raises(AssertionError):
            engine("healthcheck", "run", "desk")
    finally:
        engine("rm", "--force", "--time=0", "desk")


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds, within a limit."""
    deadline = monotonic() + START_S_MAX
    while not condition():
        assert monotonic() < deadline
        sleep(POLL_S)
