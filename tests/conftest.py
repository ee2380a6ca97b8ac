"""What all tests share."""

import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

# A slow machine is no bug: time limits are pytest-timeout's.
settings.register_profile("hexdesk", settings(), deadline=None)
settings.load_profile("hexdesk")

# A shell's background jobs ignore SIGINT, and what they start inherits that; tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was captured as Unicode: workers cannot send a lone surrogate, and end."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report
