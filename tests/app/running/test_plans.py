"""Plans of earlier runs meet the configuration of this one (E12)."""

from pathlib import Path

import pytest

from hexdesk.application.desk import Desk
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.plans import PlanChange, StrategyPlanned, follow
from hexdesk_app.build import build
from hexdesk_app.config import Config, Sources, load_config
from hexdesk_app.running.plans import NOT_LOADED, carry_out, overlay_plans
from hexdesk_app.workshop import base_of, settings_text

ID = "BTCUSDT-PERP.BINANCE"
CONFIG = f"""
[brokers.sim]
plugin = "sim"

[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"

[strategies.trend]
plugin = "ema_cross"
instruments = ["{ID}"]
settings = {{ quantity = "0.01" }}
"""


def read(folder: Path, text: str = CONFIG) -> Config:
    (folder / "plugins.toml").write_text(text)
    return load_config(Sources(folder=folder))


def plan(config: Config, name: str, change: PlanChange, **fields: object) -> StrategyPlanned:
    given: dict[str, object] = {
        "plugin": "ema_cross",
        "version": "0.1.0",
        "broker": "sim",
        "instrument_ids": (ID,),
        "cancels_on_fault": True,
        "settings": settings_text({"quantity": "0.07"}),
        "base": base_of(config, name),
        "by": "ann",
        "reason": "try",
    }
    return StrategyPlanned(name, change, **given | fields, ts_init=1)  # type: ignore[arg-type]


def taken_up(config: Config, *plans: StrategyPlanned) -> tuple[Desk, dict[str, object]]:
    """Return a desk that begins with these plans, and the settings of its strategies."""
    app = build(config)
    parts, desk = app.parts, app.desk
    desk.hosts.pop("trend")  # as it is before strategies are made
    for each in plans:
        desk.plans[each.strategy_id] = follow(None, each)
        desk.owners.open(each.strategy_id, each.broker, each.instrument_ids)
    overlay = overlay_plans(config, parts, desk)
    carry_out(overlay, parts, desk, desk.pulse.now_ns)
    return desk, {
        name: part.section.settings["quantity"] for name, part in parts.strategies.items()
    }


def test_a_plan_holds_while_the_section_is_what_it_was(tmp_path: Path) -> None:
    config = read(tmp_path)
    changed = plan(config, "trend", PlanChange.UPDATED)
    added = plan(config, "hot", PlanChange.LOADED)
    desk, quantities = taken_up(config, changed, added)
    assert quantities == {"trend": "0.07", "hot": "0.07"}
    assert [desk.hosts[name].strategy is not None for name in ("trend", "hot")] == [True, True]


def test_what_was_unloaded_stays_so(tmp_path: Path) -> None:
    config = read(tmp_path)
    desk, quantities = taken_up(config, plan(config, "trend", PlanChange.UNLOADED))
    assert quantities == {}
    assert desk.hosts["trend"].state is HostState.UNLOADED


def test_a_section_that_changed_is_the_newer_word(tmp_path: Path) -> None:
    before = plan(read(tmp_path), "trend", PlanChange.UPDATED)
    config = read(tmp_path, CONFIG.replace("0.01", "0.02"))
    desk, quantities = taken_up(config, before)
    assert quantities == {"trend": "0.02"}
    latest = desk.plans["trend"].latest
    assert (latest.change, latest.settings) == (PlanChange.CONFIGURED, '{"quantity":"0.02"}')
    assert latest.base == base_of(config, "trend")
    assert desk.plans["trend"].revision == 2


def test_a_section_that_is_gone_takes_its_strategy_along(tmp_path: Path) -> None:
    before = plan(read(tmp_path), "trend", PlanChange.UPDATED)
    config = read(tmp_path, CONFIG.partition("[strategies.trend]")[0])
    app = build(config)
    app.desk.plans["trend"] = follow(None, before)
    app.desk.owners.open("trend", "sim", ())
    overlay = overlay_plans(config, app.parts, app.desk)
    carry_out(overlay, app.parts, app.desk, 1)
    assert app.desk.hosts["trend"].state is HostState.UNLOADED
    assert app.desk.plans["trend"].latest.change is PlanChange.UNLOADED


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"plugin": "gone"}, "no installed distribution offers"),
        ({"settings": '{"quantity":"0.07","old":1}'}, "is not a setting of"),
        ({"settings": '{"quantity":"0.00000000001"}'}, "quantity"),
        ({"broker": "other"}, "'other' is not configured"),
    ],
)
def test_what_cannot_be_made_any_more_keeps_its_books_and_the_desk_starts(
    tmp_path: Path, fields: dict[str, object], text: str
) -> None:
    config = read(tmp_path)
    app = build(config)
    planned = plan(config, "hot", PlanChange.LOADED, **fields)
    app.desk.plans["hot"] = follow(None, planned)
    app.desk.owners.open("hot", "sim", (ID,))
    overlay = overlay_plans(config, app.parts, app.desk)
    carry_out(overlay, app.parts, app.desk, 1)
    host = app.desk.hosts["hot"]
    assert (host.state, host.strategy, text in host.fault) == (HostState.FAULTED, None, True)
    assert app.desk.alerts.recent[-1].code == NOT_LOADED
    assert "hot" not in app.parts.strategies
