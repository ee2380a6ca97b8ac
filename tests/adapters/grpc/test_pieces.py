"""Long lists are shown in pieces that add up to the whole, and others get turns meanwhile."""

import asyncio
import json

from hexdesk.ports.control_requests import ListFills
from hexdesk_api.v1 import events_pb2, history_pb2, history_pb2_grpc
from hexdesk_grpc import to_wire
from hexdesk_grpc.calls import PIECE
from hexdesk_grpc.http import answering
from hexdesk_grpc.http.answering import encoded, encoded_in_pieces
from tests.adapters.grpc.rig import served
from tests.core.application.control.rig import ADMIN

LIVES = 3 * PIECE + 5


async def test_a_long_page_is_whole_and_lets_others_work() -> None:
    async with served() as rig:
        for _ in range(LIVES):
            rig.life()
        rounds = [0]

        async def count() -> None:
            while True:
                await asyncio.sleep(0)
                rounds[0] += 1

        page = await rig.control.ask(ADMIN, ListFills(page_size=LIVES - 1))
        history = history_pb2_grpc.HistoryServiceStub(rig.channel)
        counting = asyncio.create_task(count())
        request = history_pb2.ListFillsRequest(page_size=LIVES - 1)
        answer: history_pb2.ListFillsResponse = await history.ListFills(request)
        counting.cancel()
        assert list(answer.fills) == [to_wire.fill(each) for each in page.items]
        assert len(answer.fills) == LIVES - 1
        assert answer.next_page_token == page.next_page_token != ""
        assert rounds[0] > 2 * LIVES // PIECE


async def test_json_in_pieces_is_the_json() -> None:
    pauses = [0]

    async def pause() -> None:
        pauses[0] += 1

    for count in (0, 1, answering.PIECE, answering.PIECE + 1, 10 * answering.PIECE):
        fills = [events_pb2.Fill(name=f"orders/a/fills/{number}") for number in range(count)]
        message = history_pb2.ListFillsResponse(fills=fills, next_page_token="t")  # noqa: S106 - a page's
        body = await encoded_in_pieces(message, pause)
        assert json.loads(body) == json.loads(encoded(message))
    assert pauses[0] == 11
