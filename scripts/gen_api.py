"""Generate the API's messages and stubs from `proto/` into `src/api`.

The generator lives outside the lock: it needs an older protobuf than what runs (generated code
refuses older runtimes, not newer ones). Run it through its own throw-away environment:

    uv run --isolated --no-project --with grpcio-tools==1.80.0 --with mypy-protobuf==5.1.0 \
        --with googleapis-common-protos==1.76.0 --with setuptools \
        python -m scripts.gen_api [--check]

`--check` compares instead of writing, and fails if anything differs. `--image FILE` also writes
the descriptors with their comments, for `buf lint` and `buf breaking`.
"""

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message

ROOT = Path(__file__).parents[1]
PROTO = ROOT / "proto"
TARGET = ROOT / "src/api"
PACKAGE = Path("hexdesk_api/v1")
COMMENTS = "comments.json"
SUFFIXES = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi", COMMENTS)


def sources() -> list[str]:
    """Return the proto files, relative to their root."""
    return sorted(str(path.relative_to(PROTO)) for path in (PROTO / PACKAGE).glob("*.proto"))


def _includes() -> list[str]:
    well_known = Path(str(importlib.import_module("grpc_tools").__file__)).parent / "_proto"
    google = importlib.import_module("google.api").__path__[0]
    return [f"-I{PROTO}", f"-I{well_known}", f"-I{Path(google).parents[1]}"]


def _protoc(*outputs: str) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", *_includes(), *outputs, *sources()]
    subprocess.run(command, check=True, cwd=PROTO)


def generate(folder: Path) -> None:
    """Write all generated modules below a folder."""
    (folder / PACKAGE).mkdir(parents=True, exist_ok=True)
    plugin = Path(sys.executable).with_name("protoc-gen-mypy_grpc")
    kinds = ("python", "pyi", "grpc_python", "mypy_grpc")
    _protoc(
        f"--plugin=protoc-gen-mypy_grpc={plugin}", *(f"--{kind}_out={folder}" for kind in kinds)
    )
    with tempfile.NamedTemporaryFile(suffix=".binpb") as image:
        write_image(Path(image.name))
        text = json.dumps(comments(Path(image.name).read_bytes()), indent=0, sort_keys=True)
    (folder / PACKAGE / COMMENTS).write_text(f"{text}\n")


def comments(image: bytes) -> dict[str, str]:
    """Return what the contract says of each service, method, message, field and value.

    Generated code leaves it out; documents that are made while a desk runs show it.
    """
    said: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(image).file:
        if not file.name.startswith(str(PACKAGE)):
            continue
        for location in file.source_code_info.location:
            text = " ".join(location.leading_comments.split())
            name = _name_at(file, list(location.path))
            if text and name:
                said[f"{file.package}.{name}"] = text
    return said


def _name_at(file: Any, path: list[int]) -> str:  # noqa: ANN401 - a descriptor
    """Return the name of what a path of a descriptor leads to; empty for what has none."""
    names: list[str] = []
    found = file
    while path:
        number, *path = path
        items = getattr(found, found.DESCRIPTOR.fields_by_number[number].name)
        if isinstance(items, Message) or not path:  # an option, or a keyword
            return ""
        index, *path = path
        found = items[index]
        if isinstance(found, str):  # an import
            return ""
        names.append(found.name)
    return ".".join(names)


def write_image(file: Path) -> None:
    """Write the descriptors, comments and imports included."""
    _protoc("--include_imports", "--include_source_info", f"--descriptor_set_out={file}")


def generated(folder: Path) -> dict[str, bytes]:
    """Return the generated modules below a folder, by name."""
    return {
        path.name: path.read_bytes()
        for path in (folder / PACKAGE).iterdir()
        if path.name.endswith(SUFFIXES)
    }


def differences(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Return the names of modules that are not the same in both."""
    names = before.keys() | after.keys()
    return sorted(name for name in names if before.get(name) != after.get(name))


def main() -> int:
    """Generate, or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--image", type=Path, help="also write descriptors for buf")
    options = parser.parse_args()
    if options.image:
        write_image(options.image.absolute())
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = generated(Path(folder))
    changed = differences(generated(TARGET), fresh)
    if options.check:
        for name in changed:
            print(f"{PACKAGE / name} is not what proto/ says; run scripts.gen_api")
        return 1 if changed else 0
    for name in changed:
        path = TARGET / PACKAGE / name
        if name in fresh:
            path.write_bytes(fresh[name])
        else:
            path.unlink()
        print(f"{'wrote' if name in fresh else 'removed'} {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
