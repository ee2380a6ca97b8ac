"""Channels that post JSON: one attempt, and what its answer means."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import aiohttp
import msgspec

from hexdesk.errors import ConfigError
from hexdesk.plugin import Secret
from hexdesk.ports.alerts import AlertMessage, Delivery, Outcome

TIMEOUT = aiohttp.ClientTimeout(total=5, connect=3)
ANSWER_BYTES_MAX = 4_096
TEXT_MAX = 200
RETRY_AFTER_S_MAX = 60.0
AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
DELIVERED = Delivery(Outcome.DELIVERED)

Sign = Callable[[bytes], Mapping[str, str]]
Judge = Callable[[Mapping[str, Any]], Delivery]
"""Tells from a successful answer's JSON whether the receiver really took the message."""


def _taken(_answer: Mapping[str, Any]) -> Delivery:
    return DELIVERED


class HttpChannel:
    """Posts each message to an address that is revealed at every attempt: keys may rotate."""

    def __init__(
        self,
        address: Callable[[], str],
        build: Callable[[AlertMessage], Mapping[str, object]],
        *,
        sign: Sign | None = None,
        judge: Judge = _taken,
    ) -> None:
        self._address = address
        self._build = build
        self._sign = sign
        self._judge = judge
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: AlertMessage, /) -> Delivery:
        """Try once."""
        try:
            url = self._address()
            body = msgspec.json.encode(self._build(message))
            headers = {"Content-Type": "application/json"}
            if self._sign is not None:
                headers |= self._sign(body)
        except ConfigError as error:
            return Delivery(Outcome.FAILED, str(error))
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        try:
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                content = await answer.content.read(ANSWER_BYTES_MAX)
                return self._outcome(answer.status, answer.headers, content)
        except aiohttp.InvalidURL:
            return Delivery(Outcome.REFUSED, "its address is no URL")
        except TimeoutError:
            return Delivery(Outcome.FAILED, "no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            # only the kind: the text of an error may hold the address, and with it a token
            return Delivery(Outcome.FAILED, type(error).__name__)

    async def close(self) -> None:
        """Close connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _outcome(self, status: int, headers: Mapping[str, str], content: bytes) -> Delivery:
        answer = _json(content)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return self._judge(answer)
        text = f"HTTP {status} {content[:TEXT_MAX].decode(errors='replace')}".strip()
        if status in AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Delivery(Outcome.FAILED, text, _retry_after_s(headers, answer))
        return Delivery(Outcome.REFUSED, text)


def secret_text(secret: Secret | None) -> str:
    """Return a secret's value, empty where there is none.

    Raises:
        ConfigError: It is not set now.
    """
    return secret.reveal() if secret is not None else ""


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
    return found


def _retry_after_s(headers: Mapping[str, str], answer: Mapping[str, Any]) -> float:
    """Return the wait that a receiver asks for: a header, Discord's or Telegram's field."""
    asked: object = headers.get("Retry-After") or answer.get("retry_after")
    parameters: object = answer.get("parameters")
    if asked is None and isinstance(parameters, Mapping):
        asked = cast("Mapping[str, object]", parameters).get("retry_after")
    try:
        return min(max(float(str(asked)), 0.0), RETRY_AFTER_S_MAX)
    except ValueError:
        return 0.0
