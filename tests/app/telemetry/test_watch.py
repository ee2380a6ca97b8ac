import asyncio

from hexdesk.domain.commands import Halt, StartStrategy
from hexdesk.domain.metrics import BY_NAME
from hexdesk.testing.telemetry import FakeTelemetry
from hexdesk_app.bench.market import INSTRUMENT_ID, batches, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.ticks import play
from hexdesk_app.latency import LatencyHistogram
from hexdesk_app.telemetry.watch import Watch


async def watched(events: int) -> tuple[Watch, FakeTelemetry]:
    app = make_app([INSTRUMENT_ID], {})
    desk = app.desk
    desk.add_strategy("storm", Storm, broker="sim", instrument_ids=[INSTRUMENT_ID])
    telemetry = FakeTelemetry()
    watch = Watch(app, telemetry, LatencyHistogram())
    watch.start()
    desk.command(StartStrategy("", app.clock.now_ns()))
    (batch,) = batches(events, [INSTRUMENT_ID])
    play(app, batch)
    await asyncio.sleep(0.2)
    desk.command(Halt("test", desk.pulse.now_ns))
    watch.close()
    watch._next_ns = 0  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - a second has passed
    watch.sample(desk.pulse.now_ns, events)
    return watch, telemetry


async def test_every_reading_is_in_the_catalogue_with_its_labels() -> None:
    watch, telemetry = await watched(100)
    assert watch.latest is not None
    for reading in watch.latest.values:
        assert len(reading.labels) == len(BY_NAME[reading.metric].labels), reading
    seen = {reading.metric: reading.value for reading in watch.latest.values}
    assert seen["hexdesk.order.intents"] == 100
    assert seen["hexdesk.risk.halted"] == 1
    assert seen["hexdesk.market.events"] == 100
    assert {each.state for each in telemetry.orders} >= {"filled", "canceled"}
    assert telemetry.is_closed
    pairs = [(reading.metric, reading.labels) for reading in watch.latest.values]
    assert len(pairs) == len(set(pairs))
