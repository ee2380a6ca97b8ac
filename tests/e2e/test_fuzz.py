"""Random requests break nothing; `python -m tests.e2e.fuzzing` tries a hundred thousand."""

import grpc
import pytest

from hexdesk_api.v1 import desk_pb2
from tests.e2e.fuzzing import Fuzzer, FuzzError, judge, methods

CALLS = 2_000
HALT = desk_pb2.DESCRIPTOR.services_by_name["DeskService"].methods_by_name["Halt"]
GET = desk_pb2.DESCRIPTOR.services_by_name["DeskService"].methods_by_name["GetDesk"]


async def test_no_request_meets_a_bug_or_changes_anything_when_it_is_refused() -> None:
    fuzzer = Fuzzer(7, methods())
    await fuzzer.run(CALLS)
    tried = {method for method, _ in fuzzer.answers}
    assert tried == {each.full_name for each in methods()}
    answered = {method for method, code in fuzzer.answers if code == "OK"}
    assert len(answered) > len(tried) / 3, "requests that get nowhere prove little"


def test_what_is_refused_changes_nothing() -> None:
    dry = desk_pb2.HaltRequest(dry_run=True).SerializeToString()
    wet = desk_pb2.HaltRequest().SerializeToString()
    judge(HALT, wet, grpc.StatusCode.OK, is_changed=True)
    judge(HALT, wet, grpc.StatusCode.NOT_FOUND, is_changed=False)
    for method, request, code in (
        (HALT, dry, grpc.StatusCode.OK),
        (HALT, wet, grpc.StatusCode.NOT_FOUND),
        (GET, b"", grpc.StatusCode.OK),
    ):
        with pytest.raises(FuzzError, match="state is another"):
            judge(method, request, code, is_changed=True)


def test_a_bug_is_none_of_the_answers() -> None:
    with pytest.raises(FuzzError, match="INTERNAL"):
        judge(GET, b"", grpc.StatusCode.INTERNAL, is_changed=False)
