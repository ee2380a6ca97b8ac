"""What a desk asks of the interpreter while it runs."""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager

GC_THRESHOLD = 50_000
"""Allocations between collections while a desk runs (performance.md, decision 10)."""
SWITCH_S = 0.000_05
"""How long a thread waits for the interpreter before it insists.

Whoever waits is woken each time that the desk's thread lets go for a system call, comes too late,
and begins to wait anew: beside a loop that never rests a thread did not get a turn for half a
second at the interpreter's 5 ms, and each of its vain wakes cost the loop 10 us and more.
"""


@contextmanager
def tuned_interpreter() -> Generator[None]:
    """Keep the collector from what lives as long as the desk, and let threads have their turns."""
    thresholds, switch_s = gc.get_threshold(), sys.getswitchinterval()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, *thresholds[1:])
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(switch_s)
        gc.set_threshold(*thresholds)
        gc.unfreeze()
