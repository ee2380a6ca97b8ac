"""The image is built and run for real, on a stand-in base: python:3.11-slim was not."""

from collections.abc import Iterator

import pytest

from tests.container.podman import Podman, podman

pytestmark = [pytest.mark.container, pytest.mark.slow, pytest.mark.timeout(900)]
IMAGE = "localhost/hexdesk"
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


def test_it_says_that_it_is_healthy(engine: Podman) -> None:
    options = ("--detach", "--name=healthy", "--entrypoint=sleep")
    engine.run(IMAGE, "60", options=options)
    try:
        engine("healthcheck", "run", "healthy")
    finally:
        engine("rm", "--force", "--time=0", "healthy")
