"""Garbage of a running desk, collected in small pieces before there is much of it.

Each call of the control plane leaves a ring of objects behind. Fifty thousand of them at once hold
the ticks up for 25 ms; what a quarter of a second leaves, for less than one.
"""

import gc

MIDDLE_EVERY = 20
WHOLE_EVERY = 7_200


class Sweeper:
    """Collects a generation at a time; call it a few times a second, between inputs."""

    def __init__(self) -> None:
        self._count = 0

    def sweep(self) -> None:
        """Collect what is young; now and then what is older, and every half an hour all."""
        self._count += 1
        if self._count % WHOLE_EVERY == 0:
            gc.collect()
        elif self._count % MIDDLE_EVERY == 0:
            gc.collect(1)
        else:
            gc.collect(0)
