"""pytest plugin of the kit: sums up what was passed and what was skipped, kit by kit.

pytest finds it by its entry point. It imports nothing but pytest, so that it costs projects
without kits nothing, and works where Hypothesis is not installed.
"""

from collections import defaultdict
from collections.abc import Generator

import pytest

CASE = "hexdesk_case"
"""Key of the property that carries a case's number to the summary."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write a case's number into its report."""
    case = getattr(getattr(item, "function", None), CASE, None)
    if case is not None and (CASE, case.number) not in item.user_properties:
        item.user_properties.append((CASE, case.number))
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line per kit class: cases passed, failed and not declared."""
    tallies: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for outcome in ("passed", "failed", "skipped"):
        for report in terminalreporter.getreports(outcome):
            number = dict(report.user_properties).get(CASE)
            if number is not None:
                kit = report.nodeid.rpartition("::")[0].replace("::", " ")
                tallies[kit][outcome].add(str(number))
    if not tallies:
        return
    terminalreporter.section("hexdesk conformance")
    for kit, tally in sorted(tallies.items()):
        terminalreporter.write_line(f"{kit}: {_line(tally)}")


def _line(tally: dict[str, set[str]]) -> str:
    failed, passed = tally["failed"], tally["passed"] - tally["failed"]
    skipped = tally["skipped"] - passed - failed
    words = [f"{len(passed)} cases passed"]
    if failed:
        words.append(f"failed {' '.join(sorted(failed))}")
    if skipped:
        words.append(f"not declared {' '.join(sorted(skipped))}")
    return ", ".join(words)
