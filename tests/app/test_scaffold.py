"""What `hexdesk new` writes passes the kit as generated."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hexdesk_app.plugins import installed, load
from hexdesk_app.scaffold import ScaffoldError, write_scaffold
from tests.app.site import Site


@pytest.mark.parametrize("kind", ["strategy", "adapter"])
def test_what_is_written_passes_the_kit(kind: str, tmp_path: Path) -> None:
    """E35: a new gateway begins as `hexdesk new adapter`, which passes the kit as written."""
    written = write_scaffold(kind, "stranger-one", tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=written.folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "cases passed" in done.stdout
    assert "failed" not in done.stdout


@pytest.mark.parametrize(
    ("kind", "group"), [("strategy", "hexdesk.strategies"), ("adapter", "hexdesk.adapters")]
)
def test_what_is_written_is_a_whole_distribution(
    kind: str, group: str, tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"stranger_{kind}"
    written = write_scaffold(kind, name, tmp_path)
    wanted = {"pyproject.toml", "README.md", "LICENSE", ".gitignore", f"{name}/py.typed"}
    assert wanted <= set(written.files)
    project = tomllib.loads((written.folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {group: {name: name}}
    for file in written.files:
        assert "$" not in (written.folder / file).read_text()
    site.distribution(project["name"], "0.1.0", f"{name} = {name}", group)
    monkeypatch.setattr(sys, "path", [str(written.folder), *sys.path])
    registry = load([name])
    assert name in {**registry.strategies(), **registry.brokers()}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is no name"),
        ("Acme", "is no name"),
        ("1acme", "is no name"),
        ("a" * 41, "is no name"),
        ("../acme", "is no name"),
        ("acme__x", "is no name"),
        ("class", "a word of Python"),
        ("json", "a word of Python"),
        ("hexdesk_x", "hexdesk's own"),
        ("msgspec", "an installed package"),
    ],
)
def test_a_name_that_cannot_be_a_package_is_refused(
    name: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ScaffoldError, match=problem):
        write_scaffold("strategy", name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_offered_is_refused(tmp_path: Path, site: Site) -> None:
    site.strategy("taken_one")
    assert "taken_one" in {offer.name for offer in installed()}
    with pytest.raises(ScaffoldError, match="is offered by dist-taken_one"):
        write_scaffold("strategy", "taken_one", tmp_path)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "acme-x").mkdir()
    with pytest.raises(ScaffoldError, match="nothing is overwritten"):
        write_scaffold("adapter", "acme_x", tmp_path)


def test_an_unwritable_place_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ScaffoldError, match="cannot be written"):
        write_scaffold("adapter", "acme_x", tmp_path / "file")
