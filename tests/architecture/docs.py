"""Reads the documentation: sections, tables, fenced blocks, links and words in backticks."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(
    r"^```(?P<kind>\w+) ?(?P<name>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")


class Block(msgspec.Struct, frozen=True):
    """A fenced block; `name` is what follows its kind, as a file's name."""

    page: str
    line: int
    kind: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def guides() -> list[Path]:
    """Return every page that a user reads; the coverage table and decisions are for developers."""
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted(each for each in DOCS.glob("*.md") if each.name != "coverage.md"),
    ]


def blocks(kind: str = "") -> list[Block]:
    """Return the fenced blocks of all pages, of one kind or all."""
    found: list[Block] = []
    for page in guides():
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if kind in ("", match["kind"]):
                line = text.count("\n", 0, match.start()) + 1
                found.append(Block(page.name, line, match["kind"], match["name"], match["text"]))
    return found


def section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above.

    Raises:
        AssertionError: There is no such heading.
    """
    text = (DOCS / page).read_text(encoding="utf-8")
    match = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert match, f"docs/{page} has no heading {heading!r}"
    level = len(match[1])
    rest = text[match.end() :]
    end = re.search(rf"^#{{1,{level}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str, header: str) -> list[list[str]]:
    """Return the cells of the first table whose first column has that header."""
    lines = iter(text.splitlines())
    for line in lines:
        if _cells(line)[:1] == [header]:
            next(lines)
            return [cells for cells in _until_blank(lines) if cells]
    return []


def _until_blank(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield _cells(line)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def words(text: str) -> set[str]:
    """Return what stands in backticks, and each word of it."""
    found = re.findall(r"`([^`\n]+)`", text)
    return {*found, *(word for each in found for word in re.findall(r"[\w-]+", each))}


def all_words() -> set[str]:
    """Return `words` of all guides."""
    return {word for page in guides() for word in words(page.read_text(encoding="utf-8"))}
