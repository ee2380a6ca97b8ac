"""What a desk loads and how much memory it takes, in a process of its own."""

import json
import subprocess
import sys

MEMORY_MB_MAX = 100
"""Of the whole process, with two strategies and 87,402 events."""
SCRIPT = """
import json, os, re, resource, sys
from pathlib import Path
from hexdesk_app.recipes import demo_config
from hexdesk_app.running.runner import run
from hexdesk_app.running.session import Options
result = run(demo_config(os.environ), Options(speed=0.0))
heavy = {"numpy", "pandas", "pyarrow", "aiohttp", "rich"} & set(sys.modules)
if sys.platform == "linux":
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1_024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"heavy": sorted(heavy), "peak_mb": peak / 2**20, "events": result.events}))
"""
"""On Linux ``ru_maxrss`` also remembers the test process from before ``exec``: VmHWM does not."""


def test_a_desk_needs_no_numeric_library_and_little_memory() -> None:
    """C18: no numpy or pandas is loaded; a whole paper run fits many times into 1 GB."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=100, check=True
    )
    found = json.loads(done.stdout)
    assert found["events"] > 80_000
    assert found["heavy"] == []
    assert found["peak_mb"] < MEMORY_MB_MAX
