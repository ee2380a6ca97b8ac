import asyncio

from hexdesk.domain.commands import Halt, StartStrategy
from hexdesk.domain.metrics import BY_NAME
from hexdesk.domain.risk import Level, RiskStepped
from hexdesk.ports.telemetry import LABEL_VALUES_MAX
from hexdesk.testing.telemetry import FakeTelemetry
from hexdesk_app.bench.market import INSTRUMENT_ID, batches, instrument_ids, make_app
from hexdesk_app.bench.orders import Storm
from hexdesk_app.bench.ticks import play
from hexdesk_app.running.latency import LatencyHistogram
from hexdesk_app.telemetry.watch import Watch

ON_OCCASION = {
    "hexdesk.order.tick_to_order", "hexdesk.order.denials", "hexdesk.order.rejects",
    "hexdesk.order.amend_denials", "hexdesk.risk.reducing", "hexdesk.live.grant_left",
    "hexdesk.link.up", "hexdesk.link.state_age", "hexdesk.link.attempts", "hexdesk.link.losses",
    "hexdesk.link.gaps", "hexdesk.journal.sync", "hexdesk.history.behind",
}  # fmt: skip
"""What a desk has to show only where it is live, has links, a journal on disk, a read model."""


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
    assert set(BY_NAME) - set(seen) == ON_OCCASION


async def test_labels_stay_few_however_many_instruments_and_strategies_there_are() -> None:
    """E32: readings of what has no name of its own are added up under `other`."""
    names = instrument_ids(LABEL_VALUES_MAX + 20)
    app = make_app(names, {})
    for number, name in enumerate(names):
        app.desk.add_strategy(f"s{number}", Storm, broker="sim", instrument_ids=[name])
    watch = Watch(app, FakeTelemetry(), LatencyHistogram())
    watch.start()
    app.desk.command(StartStrategy("", app.clock.now_ns()))
    for batch in batches(4 * len(names), names):
        play(app, batch)
    await asyncio.sleep(0.2)
    watch.close()
    watch._next_ns = 0  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - a second has passed
    watch.sample(app.desk.pulse.now_ns, 0)
    by_label: dict[str, set[str]] = {}
    for reading in watch.sampled().values:
        labels = zip(BY_NAME[reading.metric].labels, reading.labels, strict=True)
        for label, value in labels:
            by_label.setdefault(label, set()).add(value)
    assert {len(by_label[label]) for label in ("strategy", "instrument")} == {LABEL_VALUES_MAX + 1}
    pairs = [(reading.metric, reading.labels) for reading in watch.sampled().values]
    assert len(pairs) == len(set(pairs)), "a label set stands once: receivers refuse a second"


async def test_steps_of_the_ladder_are_numbers() -> None:
    app = make_app([INSTRUMENT_ID], {})
    step = RiskStepped("strategy:mm", "daily_loss", Level.REDUCING, "DAILY_LOSS", "5 %", "", "", 1)
    app.desk.risk.take(step)
    watch = Watch(app, FakeTelemetry(), LatencyHistogram())
    watch.start()
    await asyncio.sleep(0)
    watch.close()
    found = {r.labels: r.value for r in watch.sampled().values if r.metric == "hexdesk.risk.level"}
    assert found == {("all", ""): 3, ("daily_loss", "strategy:mm"): 3}
