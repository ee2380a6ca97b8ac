"""A desk with two strategies, under control."""

import pytest

from tests.core.application.control.rig import ControlRig


@pytest.fixture
def rig() -> ControlRig:
    made = ControlRig("a", "b")
    made.start()
    return made
