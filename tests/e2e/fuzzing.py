"""Random requests that know the contract, to every method of a real desk.

    python -m tests.e2e.fuzzing --calls 100000 --seed 7

prints how each method answered, or the first request that broke something. What is made up follows
the descriptors, so a new method is tried as soon as it is in the contract.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from google.api import field_behavior_pb2  # pyright: ignore[reportMissingTypeStubs]
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2  # pyright: ignore[reportMissingTypeStubs]

import hexdesk_api.v1
from hexdesk.application.durability.state import capture, encode_state, hash_of
from hexdesk_api.v1 import common_pb2
from hexdesk_app.bench.market import INSTRUMENT_ID, START_NS, instrument_ids, make_app, quotes
from hexdesk_app.running.session import Options, Session, surroundings

SERVER = """
[servers.control]
plugin = "grpc"
listen = "127.0.0.1:0"
"""
CALLS_PER_DESK = 400
QUOTES = 300
DEPTH_MAX = 4
POOL_MAX = 300
CALL_TIMEOUT_S = 20.0
STREAM_READS = 3
STREAM_TIMEOUT_S = 0.03
SHUTDOWN_SHARE = 0.1
"""Of the shutdowns that come up so many are asked; each ends its desk."""
BROKEN = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS})
REASONS = frozenset(
    name.removeprefix("ERROR_REASON_")
    for name in common_pb2.ErrorReason.keys()  # noqa: SIM118 - no dictionary
)
DECIMALS = ("1", "0.001", "0.002", "5", "61700", "61700.5", "60000.1")
WILD_TEXTS = (
    "", "0", "-1", "1e9", "NaN", "inf", "9" * 50, "0." + "0" * 40 + "1", " 1", "1,5", "\u0661",
    "0x10", "no key!", "x" * 70, "x" * 600, "\u4e2d\u6587", "\x00", "../..", "%s%n", "\U0001f600",
    "orders/none", "strategies/", "/", "a/b/c", "accounts/sim/incidents/99999999999999999999",
)  # fmt: skip
WILDNESS = (0.0, 0.0, 0.1, 0.5)
"""How likely a value means nothing; one of these for each request."""
GARBAGE_SHARE = 0.02
TRUE_SHARE = 0.2
RARE = frozenset(
    {"trigger_price", "trailing_offset", "expire_time", "expected_version", "page_token"}
)
COLLECTIONS = {
    "order": "orders", "strategy": "strategies", "account": "accounts", "token": "tokens",
    "instrument": "instruments", "plugin": "plugins",
}  # fmt: skip
OF_SERVICE = {
    "OrderService": "orders", "StrategyService": "strategies", "RiskService": "riskLimits",
    "AccessService": "tokens", "PortfolioService": "accounts", "PluginService": "plugins",
    "ReconciliationService": "accounts", "HistoryService": "orders",
}  # fmt: skip
INTEGERS = (0, 1, 2, 5, 10, 100)
WILD_INTEGERS = (1_000_000, -1, 2**31 - 1, -(2**31), 2**53, 2**63 - 1, -(2**63))
WILD_DOUBLES = (1e308, -1.5, float("inf"), float("nan"))


def methods() -> list[MethodDescriptor]:
    """Return every method of the contract."""
    folder = Path(next(iter(hexdesk_api.v1.__path__)))
    found: list[MethodDescriptor] = []
    for path in sorted(folder.glob("*_pb2.py")):
        file = import_module(f"hexdesk_api.v1.{path.stem}").DESCRIPTOR
        for service in file.services_by_name.values():
            found += service.methods
    return found


class Maker:
    """Makes requests up: mostly with values that mean something, so that calls get somewhere."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.pool = [
            f"instruments/{INSTRUMENT_ID}", f"markets/{INSTRUMENT_ID}",
            f"riskLimits/{INSTRUMENT_ID}", "strategies/ema", "strategies/manual@sim",
            "accounts/sim", "accounts/sim/incidents/1", f"strategies/ema/positions/{INSTRUMENT_ID}",
            "orders/none", "tokens/bot", "plugins/sim", "plugins/ema_cross",
        ]  # fmt: skip
        self.tokens = ["", "x", "abc.1"]
        self._wildness = 0.0

    def request(self, method: MethodDescriptor) -> bytes:
        """Return a request's bytes, now and then such as are no message at all."""
        rng = self.rng
        self._wildness = rng.choice(WILDNESS)
        if rng.random() < GARBAGE_SHARE:
            return rng.randbytes(rng.randrange(1, 60))
        message = GetMessageClass(method.input_type)()
        self._fill(message, OF_SERVICE.get(method.containing_service.name, ""), 0)
        return message.SerializeToString()

    def learn(self, message: Message) -> None:
        """Keep the names and page tokens of an answer."""
        for text, field in _texts(message):
            if field.endswith("_token"):
                self.tokens.append(text)
            elif "/" in text and text not in self.pool:
                self.pool.append(text)
        del self.pool[12:-POOL_MAX], self.tokens[3:-20]

    def _fill(self, message: Any, collection: str, depth: int) -> None:
        for field in message.DESCRIPTOR.fields:
            if self.rng.random() < self._skip_share(field) or depth > DEPTH_MAX:
                continue
            if field.is_repeated:
                entry = field.message_type
                if entry is not None and entry.GetOptions().map_entry:
                    self._fill_map(getattr(message, field.name), entry, depth)
                    continue
                for _ in range(self.rng.randrange(3)):
                    self._add(getattr(message, field.name), field, collection, depth)
            elif field.message_type is not None:
                inner = getattr(message, field.name)
                inner.SetInParent()
                self._fill(inner, COLLECTIONS.get(field.name, ""), depth + 1)
            else:
                setattr(message, field.name, self._value(field, collection))

    def _skip_share(self, field: FieldDescriptor) -> float:
        extension: Any = field_behavior_pb2.field_behavior
        behaviors: Any = field.GetOptions().Extensions[extension]
        if field_behavior_pb2.FieldBehavior.Value("REQUIRED") in behaviors:
            return self._wildness / 4
        if field_behavior_pb2.FieldBehavior.Value("OUTPUT_ONLY") in behaviors:
            return 1 - self._wildness
        return 0.9 if field.name in RARE else 0.6

    def _fill_map(self, target: Any, entry: Descriptor, depth: int) -> None:
        key, value = (entry.fields_by_name[each] for each in ("key", "value"))
        for _ in range(self.rng.randrange(3)):
            name = self._value(key, "")
            if value.message_type is not None:
                self._fill(target[name], "", depth + 1)
            else:
                target[name] = self._value(value, "")

    def _add(self, target: Any, field: FieldDescriptor, collection: str, depth: int) -> None:
        if field.message_type is not None:
            self._fill(target.add(), "", depth + 1)
        else:
            target.append(self._value(field, collection))

    def _value(self, field: FieldDescriptor, collection: str) -> Any:
        rng, is_wild = self.rng, self.rng.random() < self._wildness
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
                return rng.randbytes(rng.randrange(20))
            case FieldDescriptor.CPPTYPE_STRING:
                return rng.choice(WILD_TEXTS) if is_wild else self._text(field.name, collection)
            case FieldDescriptor.CPPTYPE_BOOL:
                return rng.random() < TRUE_SHARE
            case FieldDescriptor.CPPTYPE_ENUM:
                values: Any = field.enum_type
                numbers = [value.number for value in values.values]
                return 99 if is_wild else rng.choice(numbers[1:] or numbers)
            case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
                return rng.choice(WILD_DOUBLES) if is_wild else rng.random()
            case kind:
                return _fitting(rng.choice(WILD_INTEGERS if is_wild else INTEGERS), kind)

    def _text(self, name: str, collection: str) -> str:
        rng = self.rng
        if name.endswith("_token"):
            return rng.choice(self.tokens)
        if name == "request_id":
            return f"k{rng.randrange(60)}"
        single = name.removesuffix("s")
        wanted = COLLECTIONS.get(single, collection if single == "name" else "")
        if wanted:
            return rng.choice([each for each in self.pool if each.startswith(wanted + "/")] or [""])
        if name in {"reason", "text", "tag", "subject"}:
            return "why not"
        if name.endswith("_id"):
            return rng.choice(("sim", "ema", "bot", f"bot-{rng.randrange(99)}"))
        return rng.choice(DECIMALS)


class FuzzError(Exception):
    """A request broke something."""


class Fuzzer:
    """Calls one desk after the other.

    Attributes:
        answers: How often each method answered with each code.
    """

    def __init__(self, seed: int, wanted: list[MethodDescriptor]) -> None:
        self.answers: Counter[tuple[str, str]] = Counter()
        self._rng = random.Random(seed)
        self._methods = wanted
        self._untried = sorted(wanted, key=_ends_a_desk, reverse=True)

    async def run(self, calls: int) -> None:
        """Make so many calls.

        Raises:
            FuzzError: One broke something; its text says which.
        """
        done = 0
        while done < calls:
            with tempfile.TemporaryDirectory() as folder:
                async with _desk(folder) as (session, address):
                    done += await self._try(session, address, min(CALLS_PER_DESK, calls - done))

    def _choice(self) -> MethodDescriptor:
        """Return a method: each once, then at random."""
        if self._untried:
            return self._untried.pop()
        method = self._rng.choice(self._methods)
        if _ends_a_desk(method) and self._rng.random() > SHUTDOWN_SHARE:
            return self._choice()
        return method

    async def _try(self, session: Session, address: str, calls: int) -> int:
        maker = Maker(self._rng)
        state = _state(session)
        async with grpc.aio.insecure_channel(address) as channel:
            for number in range(calls):
                method = self._choice()
                request = maker.request(method)
                code, answer = await _call(channel, method, request)
                self.answers[method.full_name, code.name] += 1
                if answer is not None:
                    maker.learn(answer)
                before, state = state, _state(session)
                judge(method, request, code, is_changed=state != before)
                if session.is_stopping or code is grpc.StatusCode.UNAUTHENTICATED:
                    return number + 1  # it was shut down, or asks for tokens now
        return calls


def _ends_a_desk(method: MethodDescriptor) -> bool:
    return method.name == "Shutdown"


def judge(
    method: MethodDescriptor, request: bytes, code: grpc.StatusCode, *, is_changed: bool
) -> None:
    """Refuse what no request may lead to.

    Raises:
        FuzzError: A bug answered, or the state is another after a refusal, a dry run or a query.
    """
    is_mutation = "request_id" in method.input_type.fields_by_name
    message = GetMessageClass(method.input_type)()
    is_tried = code is not grpc.StatusCode.OK
    if is_mutation and not is_tried:
        message.ParseFromString(request)
        is_tried = bool(getattr(message, "dry_run", False))
    if code in BROKEN or (is_changed and (is_tried or not is_mutation)):
        what = f"{code.name}, and the desk's state is another" if is_changed else code.name
        raise FuzzError(f"{method.full_name}: {what}\n{request.hex()}\n{_shown(method, request)}")


def _shown(method: MethodDescriptor, request: bytes) -> str:
    try:
        return str(GetMessageClass(method.input_type).FromString(request))
    except Exception as error:  # noqa: BLE001 - no message at all
        return str(error)


async def _call(
    channel: grpc.aio.Channel, method: MethodDescriptor, request: bytes
) -> tuple[grpc.StatusCode, Message | None]:
    parse = GetMessageClass(method.output_type).FromString
    untyped: Any = channel
    service = method.containing_service.full_name
    path = f"/{service}/{method.name}"
    try:
        if method.server_streaming:
            stream = untyped.unary_stream(path, response_deserializer=parse)(
                request, timeout=CALL_TIMEOUT_S
            )
            return await _read_some(stream)
        answer: Message = await untyped.unary_unary(path, response_deserializer=parse)(
            request, timeout=CALL_TIMEOUT_S
        )
    except grpc.aio.AioRpcError as error:
        _check_details(method, error)
        return error.code(), None
    return grpc.StatusCode.OK, answer


async def _read_some(stream: Any) -> tuple[grpc.StatusCode, Message | None]:
    answer: Message | None = None
    try:
        async with asyncio.timeout(STREAM_TIMEOUT_S):
            for _ in range(STREAM_READS):
                answer = await stream.read()
    except TimeoutError:
        pass  # nothing more happens on this desk
    finally:
        stream.cancel()
    return grpc.StatusCode.OK, answer


def _check_details(method: MethodDescriptor, error: grpc.aio.AioRpcError) -> None:
    trailing: dict[str, Any] = dict(error.trailing_metadata() or ())
    details = status_pb2.Status.FromString(trailing.get("grpc-status-details-bin", b""))
    info = error_details_pb2.ErrorInfo()
    if error.code() not in BROKEN and (
        not any(each.Unpack(info) for each in details.details) or info.reason not in REASONS
    ):
        raise FuzzError(f"{method.full_name}: {error.code()} without a reason: {error.details()}")


def _texts(message: Message) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        for each in value if field.is_repeated else (value,):
            if isinstance(each, Message):
                yield from _texts(each)
            elif isinstance(each, str):
                yield each, field.name


def _fitting(number: int, kind: int) -> int:
    if kind in {FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64}:
        number = abs(number) % 2**32
    if kind in {FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32}:
        return max(min(number, 2**31 - 1), -(2**31))
    return number


def _state(session: Session) -> str:
    return hash_of(encode_state(capture(session.desk)))


@asynccontextmanager
async def _desk(folder: str) -> AsyncGenerator[tuple[Session, str]]:
    names = instrument_ids(1)
    app = make_app(
        names, {"ema": names}, extra=SERVER, overrides=(f"desk.state_path={folder}/state",)
    )
    async with surroundings(app, Options(handle_signals=False)) as session:
        session.start_strategies(START_NS)
        for quote in quotes(QUOTES, names):
            app.desk.on_quote(quote)
        yield session, app.servers["control"].address


def main() -> None:
    """Fuzz, and say how it went."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", help="methods whose name holds this")
    given = parser.parse_args()
    fuzzer = Fuzzer(given.seed, [each for each in methods() if given.only in each.full_name])
    begun = time.perf_counter()
    try:
        asyncio.run(fuzzer.run(given.calls))
    finally:
        for (method, code), count in sorted(fuzzer.answers.items()):
            sys.stdout.write(f"{count:7} {code:20} {method}\n")
    sys.stdout.write(f"{given.calls} calls in {time.perf_counter() - begun:.0f} s: all well\n")


if __name__ == "__main__":
    main()
