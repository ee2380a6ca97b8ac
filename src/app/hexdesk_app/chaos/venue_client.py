"""What the venue says of itself, asked for as any client would."""

import http.client
from typing import TypeVar
from urllib.parse import quote

import msgspec

from hexdesk.domain.money import Money
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import TimeNs
from hexdesk.ports.broker import VenueOrder, VenuePosition
from hexdesk_app.chaos.plan import Fault
from hexdesk_app.chaos.site import ChaosError

T = TypeVar("T")
TIMEOUT_S = 20.0
TRIES = 3
OK = 200
NOT_FOUND = 404


class VenueClient:
    """Asks one account, or the venue itself, over one connection, opened anew when it broke."""

    def __init__(self, address: str, account: str = "") -> None:
        self._address = address
        self._headers = {"X-Account": account}
        self._connection: http.client.HTTPConnection | None = None

    def open_orders(self) -> list[VenueOrder]:
        """Return every open order."""
        return self._get("/v1/orders?open", list[VenueOrder])

    def order(self, client_order_id: str) -> VenueOrder | None:
        """Return an order, None if the venue never had it."""
        status, body = self._ask("GET", f"/v1/orders/{quote(client_order_id, safe='')}")
        if status == NOT_FOUND:
            return None
        return _decoded(status, body, VenueOrder)

    def fills(self, since_ns: TimeNs) -> list[Fill]:
        """Return all executions from a time on, page by page."""
        found: dict[tuple[str, str, int], Fill] = {}
        while True:
            page = self._get(f"/v1/fills?since_ns={since_ns}", list[Fill])
            known = len(found)
            for fill in page:
                found[fill.instrument_id, fill.trade_id, fill.side] = fill
            if len(found) == known:
                return list(found.values())
            since_ns = page[-1].ts_event

    def positions(self) -> list[VenuePosition]:
        """Return what is held."""
        return self._get("/v1/positions", list[VenuePosition])

    def balances(self) -> list[Money]:
        """Return cash."""
        return self._get("/v1/balances", list[Money])

    def set_faults(self, faults: tuple[Fault, ...]) -> None:
        """Let things go wrong from now on, and nothing else."""
        self._post("/v1/admin/faults", msgspec.json.encode(faults))

    def cut(self) -> None:
        """Break every other connection."""
        self._post("/v1/admin/cut")

    def hold(self) -> None:
        """Let the market stand still."""
        self._post("/v1/admin/hold")

    def release(self) -> None:
        """Let it go on."""
        self._post("/v1/admin/release")

    def close(self) -> None:
        """Free the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _get(self, path: str, kind: type[T]) -> T:
        return _decoded(*self._ask("GET", path), kind)

    def _post(self, path: str, body: bytes = b"") -> None:
        status, answer = self._ask("POST", path, body)
        if status != OK:
            raise ChaosError(f"the venue refuses {path}: HTTP {status}: {answer[:200]!r}")

    def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        for left in reversed(range(TRIES)):
            connection = self._connection
            if connection is None:
                connection = http.client.HTTPConnection(self._address, timeout=TIMEOUT_S)
                self._connection = connection
            try:
                connection.request(method, path, body, self._headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if not left:
                    raise ChaosError(f"the venue does not answer {path}: {error!r}") from error
        raise ChaosError(f"the venue was not asked {path}")


def _decoded(status: int, body: bytes, kind: type[T]) -> T:
    if status != OK:
        raise ChaosError(f"the venue answers HTTP {status}: {body[:200]!r}")
    return msgspec.json.decode(body, type=kind)
