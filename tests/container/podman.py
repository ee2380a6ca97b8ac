"""Podman with a store of its own, on a base image made of Debian's packages."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = "localhost/hexdesk-base"
TOOLS = ("podman", "buildah", "runc", "mmdebstrap")
CERTIFICATES = "/etc/ssl/certs"
HARDENED = (
    "--network=none",
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=256m",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=1000:1000",
)


class Podman:
    """Run podman on the store under a folder."""

    def __init__(self, store: Path) -> None:
        self._command = ["podman", "--storage-driver=overlay", f"--root={store / 'root'}"]
        self._command += [f"--runroot={store / 'run'}", "--runtime=runc"]
        self._command += ["--cgroup-manager=cgroupfs"]

    def __call__(self, *arguments: str | Path, check: bool = True) -> str:
        """Run a command and return what it printed."""
        command = [*self._command, *arguments]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def build(self, tag: str, **arguments: str) -> None:
        """Build the Dockerfile; a network's own certificate authority is let in."""
        options = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        if Path(CERTIFICATES).is_dir():
            options += [f"--volume={CERTIFICATES}:{CERTIFICATES}:ro"]
            options += [f"--env=SSL_CERT_DIR={CERTIFICATES}"]
        self(
            "build",
            "--pull=never",
            "--network=host",
            "--isolation=chroot",
            "--format=docker",
            f"--build-arg=BASE_IMAGE={BASE}",
            f"--tag={tag}",
            *options,
            ROOT,
        )

    def run(self, image: str, *command: str, options: tuple[str, ...] = ()) -> str:
        """Run a command of an image, as locked up as can be, and return what it printed."""
        return self("run", "--rm", *HARDENED, *options, image, *command)


def base_image() -> Path:
    """Make the base image once, and keep it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "hexdesk")
    archive = cache / "bookworm-python3.tar"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = archive.with_suffix(".part.tar")
        include = "--include=ca-certificates,python3,python3-venv"
        command = ["mmdebstrap", "--quiet", "--variant=minbase", include, "bookworm", str(part)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"mmdebstrap cannot make the base image: {made.stderr[-500:]}")
        part.rename(archive)
    return archive


@contextmanager
def podman() -> Generator[Podman]:
    """Give a podman that holds the base image; skip where it cannot be had."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("needs root")
    archive = base_image()
    store = Path(tempfile.mkdtemp(prefix="hexdesk-podman-"))
    try:
        engine = Podman(store)
        engine("import", archive, BASE)
        yield engine
        engine("rm", "--all", "--force", "--time=0", check=False)
    finally:
        subprocess.run(["umount", store / "root/overlay"], check=False, capture_output=True)
        shutil.rmtree(store, ignore_errors=True)
