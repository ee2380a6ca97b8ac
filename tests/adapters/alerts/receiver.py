"""Local receivers: an HTTP server that keeps requests, and a small SMTP server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes
    query: str = ""


class Receiver:
    """Answers as told; 200 and `{}` by default."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.status = 200
        self.answer: Any = {}
        self.headers: dict[str, str] = {}
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append(
            Request(request.path, dict(request.headers), body, request.query_string)
        )
        return web.json_response(self.answer, status=self.status, headers=self.headers)


@asynccontextmanager
async def http_receiver() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}/hook/T0KEN"
    try:
        yield receiver
    finally:
        await runner.cleanup()


class Smtp:
    """Speaks as much of RFC 5321 as a client needs."""

    def __init__(self, reply: str = "250 ok") -> None:
        self.mails: list[str] = []
        self.recipients: list[str] = []
        self.port = 0
        self._reply = reply

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 test")
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            if word == "RCPT":
                self.recipients.append(line)
            if word == "MAIL":
                say(self._reply)
            elif word == "DATA":
                say("354 go on")
                self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
        writer.close()


@asynccontextmanager
async def smtp_receiver(reply: str = "250 ok") -> AsyncGenerator[Smtp]:
    smtp = Smtp(reply)
    server = await asyncio.start_server(smtp.serve, "127.0.0.1", 0)
    smtp.port = server.sockets[0].getsockname()[1]
    async with server:
        yield smtp
