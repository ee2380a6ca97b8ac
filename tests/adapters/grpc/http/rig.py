"""A real HTTP server on a free port, in front of a desk whose venue says what a test says."""

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from hexdesk.plugin import ServerContext
from hexdesk_grpc.http.server import HttpServer
from hexdesk_grpc.http.settings import HttpSettings
from tests.adapters.grpc.rig import ServedRig

PATIENCE = aiohttp.ClientTimeout(total=20)


class HttpRig(ServedRig):
    """A desk with its control plane over HTTP.

    Attributes:
        http: What listens.
        session: To it.
    """

    http: HttpServer
    session: aiohttp.ClientSession

    def make_http(self, settings: HttpSettings) -> HttpServer:
        """Make a server that does not listen yet."""
        context = ServerContext(
            name="http",
            clock=self.clock,
            instruments={each.id: each for each in self.instruments},
            seed=1,
            logger=logging.getLogger("hexdesk.server.http"),
            control=self.control,
        )
        return HttpServer(context, settings)

    async def call(self, verb: str, path: str, **given: Any) -> tuple[int, Any]:
        """Return status and body of a call."""
        async with self.session.request(verb, path, **given) as response:
            assert response.content_type == "application/json"
            return response.status, json.loads(await response.read())

    async def get(self, path: str, **given: Any) -> tuple[int, Any]:
        """Ask."""
        return await self.call("GET", path, **given)

    async def post(self, path: str, body: object = None, **given: Any) -> tuple[int, Any]:
        """Tell."""
        return await self.call("POST", path, json={} if body is None else body, **given)


@asynccontextmanager
async def http_served(settings: HttpSettings | None = None) -> AsyncGenerator[HttpRig]:
    """Serve a desk of two strategies."""
    rig = HttpRig("a", "b")
    rig.start()
    rig.http = rig.make_http(settings or HttpSettings(listen="127.0.0.1:0"))
    await rig.http.start()
    try:
        base = f"http://{rig.http.address}"
        async with aiohttp.ClientSession(base, timeout=PATIENCE) as rig.session:
            yield rig
    finally:
        await rig.http.stop()


def reason_of(status: Any) -> str:
    """Return the reason in a google.rpc.Status."""
    reasons = [each["reason"] for each in status["details"] if "reason" in each]
    return str(reasons[0])


def remedies_of(status: Any) -> list[str]:
    """Return what a google.rpc.Status advises."""
    return [each["message"] for each in status["details"] if "locale" in each]
