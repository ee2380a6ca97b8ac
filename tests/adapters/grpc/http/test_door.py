"""Clients who connect and say nothing, or say it slowly, are shown the door."""

import asyncio
import json

import aiohttp
import pytest

from hexdesk_grpc.http.settings import HttpSettings
from tests.adapters.grpc.http.rig import HttpRig, http_served
from tests.adapters.grpc.rig import PATIENCE_S, eventually

IDLE_S = 0.3
HASTY = HttpSettings(listen="127.0.0.1:0", idle_s=IDLE_S)
FEW = HttpSettings(listen="127.0.0.1:0", connections_max=3)
REQUEST = b"GET /v1/desk HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def connect(rig: HttpRig) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect and say nothing."""
    host, _, port = rig.http.address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def end_of(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the server ends a connection."""
    found = b""
    async with asyncio.timeout(PATIENCE_S):
        try:
            while chunk := await reader.read(65_536):
                found += chunk
        except ConnectionError:
            return found
    return found


@pytest.mark.parametrize("said", [b"", REQUEST[:20], REQUEST[:-2]])
async def test_a_connection_that_asks_for_nothing_is_closed(said: bytes) -> None:
    async with http_served(HASTY) as rig:
        reader, writer = await connect(rig)
        writer.write(said)
        assert await end_of(reader) == b""
        await eventually(lambda: rig.http.connection_count == 0)
        writer.close()


async def test_a_head_that_comes_byte_by_byte_is_not_waited_for() -> None:
    async with http_served(HASTY) as rig:
        reader, writer = await connect(rig)
        ended = asyncio.ensure_future(end_of(reader))
        sent = 0
        while not ended.done():
            writer.write(b"X-Slow: 1\r\n" if sent else REQUEST[:-2])
            sent += 1
            await asyncio.sleep(IDLE_S / 10)
        assert ended.result() == b""
        writer.close()


async def test_an_answered_connection_may_ask_again_and_is_closed_when_it_does_not() -> None:
    async with http_served(HASTY) as rig:
        reader, writer = await connect(rig)
        for _ in range(2):
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            assert json.loads(await reader.readexactly(length))["name"] == "desk"
        assert await end_of(reader) == b""
        writer.close()


async def test_a_stream_that_is_read_is_not_idle() -> None:
    async with http_served(HASTY) as rig, rig.session.get("/v1/events:stream") as response:
        assert json.loads(await response.content.readline())["snapshot"]["desk"]
        await asyncio.sleep(3 * IDLE_S)
        rig.life()
        while (
            "events" not in (said := json.loads(await response.content.readline()))
            or not said["events"]
        ):
            pass
        assert rig.http.connection_count == 1


async def test_connections_beyond_the_limit_are_closed_and_others_served() -> None:
    async with http_served(FEW) as rig:
        assert (await rig.get("/v1/desk"))[0] == 200
        lines = [await connect(rig) for _ in range(50)]
        ended = [asyncio.ensure_future(end_of(reader)) for reader, _ in lines]
        await eventually(lambda: sum(each.done() for each in ended) == 48)
        assert rig.http.connection_count == 3
        assert (await rig.get("/v1/desk"))[0] == 200, "over the connection that was there"
        async with aiohttp.ClientSession() as other:
            with pytest.raises(aiohttp.ClientError):
                await other.get(f"http://{rig.http.address}/v1/desk")
        for each in ended:
            each.cancel()
        for _, writer in lines:
            writer.close()
        await eventually(lambda: rig.http.connection_count == 1)
        async with aiohttp.ClientSession() as other:
            assert (await other.get(f"http://{rig.http.address}/healthz")).status == 200
