"""Fixtures of the command line's tests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hexdesk_app.cli import main
from tests.app.cli.desk import PLUGINS_TOML, install
from tests.app.site import Site


class Answer(msgspec.Struct, frozen=True):
    """What a command line answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        (line,) = self.out.splitlines()
        loaded: dict[str, Any] = json.loads(line)
        return loaded

    @property
    def data(self) -> Any:
        """What the document holds."""
        return self.document["data"]


Run = Callable[..., Answer]


@pytest.fixture
def hexdesk(
    site: Site,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run command lines in a folder with a good `plugins.toml`."""
    install(site)
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "plugins.toml").write_text(PLUGINS_TOML)
    monkeypatch.chdir(folder)

    def run(*words: str) -> Answer:
        capsys.readouterr()
        code = main(list(words))
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return run
