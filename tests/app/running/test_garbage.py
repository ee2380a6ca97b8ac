"""Rings of objects go soon, wherever they got to."""

import gc
import weakref

import pytest

from hexdesk_app.running.garbage import MIDDLE_EVERY, Sweeper


class Ring:
    def __init__(self) -> None:
        self.me = self


@pytest.mark.parametrize(("is_older", "sweeps"), [(False, 1), (True, MIDDLE_EVERY)])
def test_a_ring_goes(*, is_older: bool, sweeps: int) -> None:
    gc.disable()
    try:
        sweeper, ring = Sweeper(), Ring()
        if is_older:
            gc.collect(0)  # it survives one
        gone = weakref.ref(ring)
        del ring
        for _ in range(sweeps):
            assert gone() is not None
            sweeper.sweep()
        assert gone() is None
    finally:
        gc.enable()
