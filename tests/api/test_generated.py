"""The generated modules are what `proto/` says, and the contract keeps its habits."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import (
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from scripts.gen_api import PROTO, ROOT, sources
from scripts.workspace import read
from tests.programs import find_uv

MODULES = [
    importlib.import_module(source.removesuffix(".proto").replace("/", ".") + "_pb2")
    for source in sources()
]
SERVICES: list[ServiceDescriptor] = [
    service for module in MODULES for service in module.DESCRIPTOR.services_by_name.values()
]
METHODS: list[MethodDescriptor] = [method for service in SERVICES for method in service.methods]
HTTP: Any = importlib.import_module("google.api.annotations_pb2").http
BEHAVIOUR: Any = importlib.import_module("google.api.field_behavior_pb2").field_behavior
READS = ("Get", "List", "BatchGet", "Check", "Validate", "Run", "Stream")
GENERATOR = (
    "run", "--quiet", "--isolated", "--no-project", "--python", sys.executable,
    "--with", "grpcio-tools==1.80.0", "--with", "mypy-protobuf==5.1.0",
    "--with", "googleapis-common-protos==1.76.0", "--with", "setuptools",
    "python", "-m", "scripts.gen_api",
)  # fmt: skip


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate anew, compare, and return the descriptors with their comments."""
    uv = find_uv()
    if uv is None:
        pytest.skip("uv is not installed: the generator needs an environment of its own")
    file = tmp_path_factory.mktemp("api") / "image.binpb"
    done = subprocess.run(
        [uv, *GENERATOR, "--check", "--image", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    if "No solution found" in done.stderr or "Failed to" in done.stderr:
        pytest.skip(f"the generator cannot be installed: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return file


def buf(*words: str) -> subprocess.CompletedProcess[str]:
    places = (str(Path(sys.executable).parent), os.environ["PATH"])
    program = shutil.which("buf", path=os.pathsep.join(places))
    if program is None:
        pytest.skip("buf is not installed")
    config = ("--config", str(PROTO / "buf.yaml"))
    return subprocess.run(
        [program, *words, *config], capture_output=True, text=True, check=False, timeout=60
    )


def test_generating_again_gives_the_same(image: Path) -> None:
    assert image.stat().st_size


def test_buf_finds_nothing_to_say(image: Path) -> None:
    done = buf("lint", str(image))
    assert done.returncode == 0, done.stdout


def test_buf_sees_a_removed_field(image: Path, tmp_path: Path) -> None:
    files = FileDescriptorSet.FromString(image.read_bytes())
    orders = next(file for file in files.file if file.name.endswith("orders.proto"))
    del orders.message_type[0].field[3]
    broken = tmp_path / "broken.binpb"
    broken.write_bytes(files.SerializeToString())
    done = buf("breaking", str(broken), "--against", str(image))
    assert done.returncode == 100
    assert "was deleted" in done.stdout


def test_nothing_breaks_what_the_last_release_promised(image: Path) -> None:
    tag = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "--match", "v*"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    ).stdout.strip()  # fmt: skip
    if not tag:
        pytest.skip("there is no release yet")
    done = buf("breaking", str(image), "--against", f"{ROOT}/.git#tag={tag},subdir=proto")
    assert done.returncode == 0, done.stdout


def test_the_declared_bounds_carry_the_generated_code() -> None:
    needs = " ".join(read(ROOT / "src/api")["project"]["dependencies"])
    bounds = dict(re.findall(r"([\w-]+)>=([\d.]+)", needs))
    stub = importlib.import_module("hexdesk_api.v1.orders_pb2_grpc")
    assert bounds["grpcio"] == stub.GRPC_GENERATED_VERSION
    text = (ROOT / "src/api/hexdesk_api/v1/orders_pb2.py").read_text()
    found = re.search(r"Protobuf Python Version: ([\d.]+)", text)
    assert found
    assert bounds["protobuf"] == found[1]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_a_method_has_a_path_and_tells_its_scope(method: MethodDescriptor) -> None:
    rule: Any = method.GetOptions().Extensions[HTTP]
    path = rule.get or rule.post
    assert path.startswith("/v1/")
    assert bool(rule.get) is (method.name.startswith(READS) and not rule.body)


@pytest.mark.parametrize(
    "method", [each for each in METHODS if not each.name.startswith(READS)],
    ids=lambda method: method.full_name,
)  # fmt: skip
def test_what_changes_something_can_be_repeated_and_tried(method: MethodDescriptor) -> None:
    fields = method.input_type.fields_by_name
    numbers = {"request_id": 12, "dry_run": 13, "reason": 14}
    assert {name: fields[name].number for name in numbers} == numbers
    if "expected_version" in fields:
        assert fields["expected_version"].number == 15
    is_edit = "name" in fields and "version" in method.output_type.fields_by_name
    assert not is_edit or "expected_version" in fields


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_every_field_of_a_request_says_whether_it_is_needed(method: MethodDescriptor) -> None:
    for field in method.input_type.fields:
        assert len(field.GetOptions().Extensions[BEHAVIOUR]), field.name


def test_prices_and_amounts_are_never_floats() -> None:
    floats = {FieldDescriptorProto.TYPE_DOUBLE, FieldDescriptorProto.TYPE_FLOAT}
    for module in MODULES:
        file = FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        for message in file.message_type:
            assert floats.isdisjoint(field.type for field in message.field), message.name


def test_every_method_says_its_scope() -> None:
    for source in sources():
        text = (PROTO / source).read_text()
        for comment, name in re.findall(r"((?:  //[^\n]*\n)+)  rpc (\w+)", text):
            assert re.search(r"Scope: (any|read|trade|risk|admin)\.", comment), name
