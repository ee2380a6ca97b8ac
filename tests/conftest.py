"""What all tests share."""

import signal
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

# A slow machine is no bug: time limits are pytest-timeout's.
settings.register_profile("hexdesk", settings(), deadline=None)
# Of each member alone: missing imports show at once; what holds is proven by the whole suite.
BRIEF = settings(settings.get_profile("hexdesk"), max_examples=5)
settings.register_profile("brief", BRIEF)
settings.load_profile("hexdesk")

# A shell's background jobs ignore SIGINT, and what they start inherits that; tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start with what takes longest, lest it runs alone at the end; be brief where that is asked.

    A state machine names its own number of examples, which no profile changes.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, "e2e" not in item.path.parts))
    if config.getoption("--hypothesis-profile") == "brief":
        for item in items:
            machine: Any = getattr(item, "cls", None)
            if isinstance(own := getattr(machine, "settings", None), settings):
                machine.settings = settings(own, max_examples=BRIEF.max_examples)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was captured as Unicode: workers cannot send a lone surrogate, and end."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report
