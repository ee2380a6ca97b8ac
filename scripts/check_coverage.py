"""Check docs/coverage.md: each seed id once, each proof a test that names the id."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SEEDS = {"A": 36, "B": 25, "C": 40, "D": 45, "E": 44}
ROW = re.compile(r"\| (?P<id>[A-E]\d+) \| .* \| .* \| (?P<status>\w+) \|(?P<tests>.*)\|")


def problems(table: str, root: Path) -> Iterator[str]:
    """Tell what is wrong with the table; tests are looked up under `root`."""
    rows = [row for row in map(ROW.fullmatch, table.splitlines()) if row]
    count = Counter(row["id"] for row in rows)
    expected = {f"{seed}{i}" for seed, last in SEEDS.items() for i in range(1, last + 1)}
    for seed in sorted(expected | set(count)):
        if seed not in expected:
            yield f"{seed}: no such id"
        elif count[seed] != 1:
            yield f"{seed}: stands {count[seed]} times, expected once"
    for row in rows:
        tests = row["tests"].replace("`", " ").split()
        if row["status"] not in {"open", "done"}:
            yield f"{row['id']}: status is {row['status']}, expected open or done"
        if row["status"] == "done" and not tests:
            yield f"{row['id']}: done, but no test proves it"
        for test in tests:
            source = _source(root, test)
            if source is None:
                yield f"{row['id']}: no test {test}"
            elif not re.search(rf"\b{row['id']}\b", source):
                yield f"{row['id']}: {test} does not name it"


def _source(root: Path, test: str) -> str | None:
    """Return the text of one test function and its module's docstring."""
    path, _, name = test.partition("::")
    if not (root / path).is_file():
        return None
    text = (root / path).read_text()
    tree = ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if node.name == name.rpartition("::")[2]:
                    decorators = (ast.unparse(each) for each in node.decorator_list)
                    body = ast.get_source_segment(text, node) or ""
                    return "\n".join((ast.get_docstring(tree) or "", *decorators, body))
            case _:
                pass
    return None


def main() -> int:
    """Print the problems and how many rows are done."""
    root = Path(__file__).parents[1]
    table = (root / "docs" / "coverage.md").read_text()
    found = list(problems(table, root))
    for problem in found:
        print(f"docs/coverage.md: {problem}")
    done = len(re.findall(r"\| done \|", table))
    print(f"coverage of the seeds: {done} of {sum(SEEDS.values())} done, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
