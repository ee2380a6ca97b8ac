"""Repeated requests: the same key with the same request gives the first answer again.

Before a request is carried out its key is written down, and afterwards its answer. A key without
answer after a restart means that nobody knows whether the request was carried out: it is refused,
never carried out twice.
"""

from collections import OrderedDict
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import HexdeskError
from hexdesk.ports.control import Caller, ControlError, Mutation, Reason
from hexdesk.ports.control_state import AnswerRecord, AnswerStore

A = TypeVar("A")

ANSWERS_MAX = 100_000
"""Answers kept; beyond it the oldest is given up, with its key."""
KEPT_NS = 24 * 3_600 * NS_PER_SECOND
_DIGEST_BYTES = 16


class Answers:
    """Answers by caller and key, for a day."""

    def __init__(self, store: AnswerStore, now_ns: TimeNs, *, capacity: int = ANSWERS_MAX) -> None:
        """Take up what an earlier run wrote down."""
        self._store = store
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, str], AnswerRecord] = OrderedDict()
        for record in store.load():
            if record.ts_ns > now_ns - KEPT_NS:
                self._keep(record)
        self._store.rewrite(tuple(self._kept.values()))

    def __len__(self) -> int:
        """Return how many keys are kept."""
        return len(self._kept)

    def find(self, caller: Caller, mutation: Mutation[A], kind: Any, now_ns: TimeNs) -> A | None:  # noqa: ANN401 - a type, or an alias of one
        """Return the first answer, None where this is the first time.

        Raises:
            ControlError: The key came with another request, or nobody knows what became of it.
        """
        self._expire(now_ns)
        record = self._kept.get((caller.subject, mutation.request_id))
        if record is None:
            return None
        if record.digest != digest_of(mutation):
            raise ControlError(
                Reason.REQUEST_ID_REUSED,
                f"request_id {mutation.request_id!r} came before with another request",
                remedy="give each request a key of its own",
            )
        if not record.answer:
            raise ControlError(
                Reason.OUTCOME_UNKNOWN,
                f"the desk stopped while request {mutation.request_id!r} was carried out",
                remedy="look at orders, positions and the audit log, then ask with a new key",
            )
        answer: A = msgspec.msgpack.decode(record.answer, type=kind)
        return answer

    def begin(self, caller: Caller, mutation: Mutation[Any], now_ns: TimeNs) -> None:
        """Write down that a request is about to be carried out.

        Raises:
            ControlError: It cannot be written.
        """
        self._write(caller, mutation, b"", now_ns)

    def finish(
        self, caller: Caller, mutation: Mutation[Any], answer: object, now_ns: TimeNs
    ) -> None:
        """Write down its answer."""
        self._write(caller, mutation, msgspec.msgpack.encode(answer), now_ns)

    def drop(self, caller: Caller, mutation: Mutation[Any], now_ns: TimeNs) -> None:
        """Forget a request that was refused: it may be asked again."""
        self._kept.pop((caller.subject, mutation.request_id), None)
        record = AnswerRecord(caller.subject, mutation.request_id, "", b"", now_ns)
        self._append(record)

    # --- inside --------------------------------------------------------------------------------

    def _write(
        self, caller: Caller, mutation: Mutation[Any], answer: bytes, now_ns: TimeNs
    ) -> None:
        record = AnswerRecord(
            caller.subject, mutation.request_id, digest_of(mutation), answer, now_ns
        )
        self._append(record)
        self._keep(record)

    def _append(self, record: AnswerRecord) -> None:
        try:
            self._store.append(record)
        except (OSError, HexdeskError) as error:
            raise ControlError(
                Reason.STORE_UNWRITABLE,
                f"the request's key cannot be written down: {error}",
                remedy="free space in the state folder, or leave request_id empty",
            ) from error

    def _keep(self, record: AnswerRecord) -> None:
        key = (record.subject, record.request_id)
        self._kept.pop(key, None)
        if record.digest:
            self._kept[key] = record
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def _expire(self, now_ns: TimeNs) -> None:
        horizon = now_ns - KEPT_NS
        while self._kept:
            key, record = next(iter(self._kept.items()))
            if record.ts_ns > horizon:
                return
            del self._kept[key]


def digest_of(mutation: Mutation[Any]) -> str:
    """Return what tells one request from another: its kind and everything it says."""
    body = msgspec.msgpack.encode(mutation)
    return blake2b(
        type(mutation).__name__.encode() + b":" + body, digest_size=_DIGEST_BYTES
    ).hexdigest()
