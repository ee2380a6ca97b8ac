"""Files beside the code: nothing of one machine, fragments and records in their form."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.check_coverage import problems
from scripts.workspace import read

ROOT = Path(__file__).parents[2]
LOCK_HOSTS = {".".join(name) for name in (("pypi", "org"), ("files", "pythonhosted", "org"))}
# Put together here, so that this file does not hold what it forbids.
FORBIDDEN = [
    *LOCK_HOSTS,
    *(".".join(name) for name in (("registry", "npmjs", "org"), ("deb", "debian", "org"))),
    *("/".join(("", *path, "")) for path in (["work"], ["root"], ["opt", "pypi"])),
]
FRAGMENT = re.compile(r"(\d+|\+[a-z0-9-]+)\.(?P<kind>[a-z]+)(\.\d+)?\.md")
ADR_HEADINGS = ["Context", "Choice", "Measurement", "Consequence"]


def tracked() -> Iterator[tuple[str, str]]:
    """Walk the text files that belong to the repository, but not the lock."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("no git checkout here")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in listing.split("\0"):
        path = ROOT / name
        if name == "uv.lock" or not path.is_file():
            continue
        try:
            yield name, path.read_text()
        except UnicodeDecodeError:
            continue


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [(name, word) for name, text in tracked() for word in FORBIDDEN if word in text]
    assert found == []


def test_the_lock_names_public_registries_alone() -> None:
    lock = (ROOT / "uv.lock").read_text()
    assert set(re.findall(r'\w+://([^/"]*)', lock)) == LOCK_HOSTS


def test_changelog_fragments_are_well_formed() -> None:
    kinds = {kind["directory"] for kind in read(ROOT)["tool"]["towncrier"]["type"]}
    for path in (ROOT / "changes").iterdir():
        if path.name == "README.md":
            continue
        name = FRAGMENT.fullmatch(path.name)
        assert name, f"{path.name}: expected +topic.kind.md"
        assert name["kind"] in kinds, path.name
        text = path.read_text()
        assert re.fullmatch(r"[A-Z`].*[.]\n", text, re.DOTALL), f"{path.name}: not a sentence"


def test_decision_records_have_their_parts() -> None:
    records = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(len(records)))
    for path in records:
        headings = re.findall(r"^## (\w+)$", path.read_text(), re.MULTILINE)
        assert headings == ADR_HEADINGS, path.name


def test_the_coverage_table_is_right() -> None:
    assert list(problems((ROOT / "docs/coverage.md").read_text(), ROOT)) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("", "A1: stands 0 times, expected once"),
        ("| A1 | x | y | done | |", "A1: done, but no test proves it"),
        ("| A1 | x | y | ready | |", "A1: status is ready, expected open or done"),
        ("| A1 | x | y | done | `tests/no.py::test` |", "A1: no test tests/no.py::test"),
        ("| A1 | x | y | done | `tests/t.py::test_b` |", "A1: tests/t.py::test_b does not name it"),
        ("| A99 | x | y | open | |", "A99: no such id"),
    ],
)
def test_a_wrong_row_is_found(tmp_path: Path, row: str, problem: str) -> None:
    test = tmp_path / "tests/t.py"
    test.parent.mkdir()
    test.write_text('def test_a() -> None:\n    """A1: shown."""\ndef test_b() -> None: ...\n')
    assert problem in list(problems(row, tmp_path))


def test_a_test_that_names_its_id_is_a_proof(tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text('def test_a() -> None:\n    """A1: shown."""\n')
    found = list(problems("| A1 | x | y | done | `t.py::test_a` |", tmp_path))
    assert [problem for problem in found if problem.startswith("A1:")] == []
