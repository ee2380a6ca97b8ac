"""Test each member with only the dependencies it declares: `python -m scripts.test_members [UV]`.

In the shared environment an import that nobody declared works all the same; here it fails, with the
first example of a property: all of them are drawn by the whole suite.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os import cpu_count
from pathlib import Path

from scripts.workspace import Member, members

NEED_OTHERS = (
    "tests/adapters/grpc/http/test_openapi.py",
    "tests/adapters/grpc/test_tls.py",
    "tests/app/chaos/test_history.py",
    "tests/app/cli/remote",
    "tests/app/cli/test_journal.py",
    "tests/app/cli/test_replay.py",
    "tests/app/cli/test_why_decided.py",
    "tests/app/history/test_feed.py",
    "tests/app/history/test_process.py",
    "tests/app/running/test_plans.py",
    "tests/app/telemetry/test_measures.py",
    "tests/app/test_risk.py",
    "tests/app/test_workshop.py",
    "tests/client/test_client.py",
    "tests/client/test_tracing.py",
    "tests/client/test_verbs.py",
)
"""Tests of a member together with others, or with more tools; the whole suite runs them."""
NOTHING_TO_RUN = 5
"""Exit code of pytest where every test of a member needs others."""
TOOLS = ("hypothesis", "pytest", "pytest-asyncio", "pytest-timeout")


def run(uv: str, member: Member) -> subprocess.CompletedProcess[str]:
    """Run the tests of one member in an environment of its own."""
    command = [uv, "run", "--isolated", "--locked", "--quiet", "--package", member.name]
    command += ["--all-extras"]
    command += [word for tool in TOOLS for word in ("--with", tool)]
    command += ["python", "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]
    command += ["--hypothesis-profile=brief"]
    command += ["-m", "not slow", *(f"--ignore={each}" for each in NEED_OTHERS)]
    command += [str(member.tests)]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def main() -> int:
    """Test all members, as many at a time as there are cores; say how each fared."""
    uv = sys.argv[1] if len(sys.argv) > 1 else "uv"
    failed = 0
    with ThreadPoolExecutor(cpu_count()) as pool:
        todo = members(Path.cwd())
        for member, result in zip(todo, pool.map(partial(run, uv), todo), strict=True):
            lines = result.stdout.splitlines() or ["no output"]
            print(f"{member.name:24} {lines[-1]}", flush=True)
            if result.returncode not in {0, NOTHING_TO_RUN}:
                failed += 1
                print(result.stdout)
    print(f"members alone: {len(todo) - failed} of {len(todo)} pass")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
