"""Strategies of installed plugins are made while a desk runs (E12): refusals, newer versions."""

import asyncio
import shutil
import sys
import threading
from pathlib import Path

import pytest

from hexdesk.plugin import Strategy
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.workshop import StrategyDraft
from hexdesk.testing.strategy import StrategyBench
from hexdesk_app.config import Sources, load_config
from hexdesk_app.resolve import resolve
from hexdesk_app.running.aside import STUCK_MAX, Aside, StuckError
from hexdesk_app.workshop import PluginWorkshop, base_of
from tests.app.site import STRATEGIES, Site

CONFIG = """
[brokers.sim]
plugin = "sim"

[strategies.trend]
plugin = "ema_cross"
instruments = ["BTCUSDT-PERP.BINANCE"]
settings = { quantity = "0.01" }
"""
PLUGIN = """
import msgspec
from typing import Annotated
from hexdesk.plugin import CONTRACT_VERSION, Secret, Strategy, StrategyRegistration, hookimpl

class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: str
    window: Annotated[int, msgspec.Meta(ge=1, extra={"reloadable": False})] = 5
    key: Secret | None = None

class Acme(Strategy):
    edition = EDITION

def factory(context, settings):
    if settings.size == "hang":
        import time
        while True:
            time.sleep(0.01)
    if settings.size == "boom":
        raise ValueError("boom")
    if settings.size == "wrong":
        return object()
    return Acme(context)

@hookimpl
def hexdesk_strategies():
    return [StrategyRegistration(
        name="acme", summary="Acme", settings=Settings, factory=factory, contract=CONTRACT_VERSION)]
"""


def install(site: Site, edition: int, text: str = PLUGIN) -> None:
    """Put a version of the plugin where pip would."""
    for old in site.folder.glob("dist_acme-*"):
        shutil.rmtree(old)
    shutil.rmtree(site.folder / "__pycache__", ignore_errors=True)
    site.module("acme_module", text.replace("EDITION", str(edition)))
    site.distribution("dist-acme", f"{edition}.0", "acme = acme_module", STRATEGIES)


def shop(tmp_path: Path, *, timeout_s: float = 10.0, text: str = CONFIG) -> PluginWorkshop:
    (tmp_path / "plugins.toml").write_text(text)
    config = load_config(Sources(folder=tmp_path))
    return PluginWorkshop(config, resolve(config), timeout_s=timeout_s)


def draft(size: str = "1", **settings: object) -> StrategyDraft:
    return StrategyDraft(
        strategy_id="new",
        plugin="acme",
        broker="sim",
        instrument_ids=("TEST-PERP.ACME",),
        settings={"size": size, **settings},
    )


def context() -> StrategyBench:
    return StrategyBench(Strategy)


def refused(workshop: PluginWorkshop, wanted: StrategyDraft) -> ControlError:
    with pytest.raises(ControlError) as caught:
        asyncio.run(workshop.make(wanted, context().context))
    return caught.value


def test_a_strategy_is_made_on_another_thread(site: Site, tmp_path: Path) -> None:
    install(site, 1)
    workshop = shop(tmp_path)
    made = asyncio.run(workshop.make(draft(key="env:HOME"), context().context))
    assert (type(made.strategy).__name__, made.version) == ("Acme", "1.0")
    assert made.settings == '{"key":"env:HOME","size":"1"}'
    assert made.effective == {"size": "1", "window": 5, "key": "env:HOME"}
    assert made.shown["key"] == "set"
    assert made.fixed == {"window"}
    assert workshop.draft_of("new") is None
    workshop.keep(made)
    assert workshop.draft_of("new") == draft(key="env:HOME")
    assert workshop.facts_of("new").settings["key"] == "set"
    workshop.drop("new")
    assert workshop.facts_of("new").plugin == ""


@pytest.mark.parametrize(
    ("size", "reason", "text"),
    [
        ("boom", Reason.PLUGIN_FAILED, "raised ValueError: boom"),
        ("wrong", Reason.PLUGIN_FAILED, "returned object, no Strategy"),
        ("hang", Reason.PLUGIN_FAILED, "took longer than 0.2 s"),
    ],
)
def test_what_a_factory_does_wrong_is_refused(
    site: Site, tmp_path: Path, size: str, reason: Reason, text: str
) -> None:
    install(site, 1)
    error = refused(shop(tmp_path, timeout_s=0.2 if size == "hang" else 10), draft(size))
    assert error.reason is reason
    assert text in error.message
    assert error.remedy


def test_wrong_settings_name_every_field(site: Site, tmp_path: Path) -> None:
    install(site, 1)
    workshop = shop(tmp_path)
    error = refused(workshop, draft(window=0, sise="2"))
    assert error.reason is Reason.CONFIG_INVALID
    assert [fault.field for fault in error.faults] == [
        "strategies.new.settings.sise",
        "strategies.new.settings.window",
    ]
    assert "did you mean size?" in error.remedy
    secret = refused(workshop, draft(key="hunter2-very-secret"))
    assert "hunter2" not in f"{secret.message}{secret.remedy}{secret.faults}"
    unset = refused(workshop, draft(key="env:NO_SUCH_VARIABLE_HERE"))
    assert unset.reason is Reason.CONFIG_INVALID


def test_a_plugin_that_is_not_installed_or_is_no_strategy_is_refused(tmp_path: Path) -> None:
    error = refused(shop(tmp_path), draft())
    assert (error.reason, error.facts["code"]) == (Reason.PLUGIN_FAILED, "PLUGIN_UNKNOWN")


def test_a_newer_version_is_taken_and_the_old_object_goes_on(site: Site, tmp_path: Path) -> None:
    install(site, 1)
    workshop = shop(tmp_path)
    first = asyncio.run(workshop.make(draft(), context().context))
    workshop.keep(first)
    install(site, 22)
    second = asyncio.run(workshop.make(draft(), context().context))
    assert (second.version, type(second.strategy).edition) == ("22.0", 22)  # type: ignore[attr-defined]
    assert type(first.strategy).edition == 1  # type: ignore[attr-defined]
    site.module("acme_module", PLUGIN.replace("EDITION", "333"))
    shutil.rmtree(site.folder / "__pycache__", ignore_errors=True)
    afresh = asyncio.run(workshop.make(draft(), context().context, afresh=True))
    assert type(afresh.strategy).edition == 333  # type: ignore[attr-defined]


def test_a_newer_version_that_cannot_be_imported_leaves_the_older_one(
    site: Site, tmp_path: Path
) -> None:
    install(site, 1)
    workshop = shop(tmp_path)
    workshop.keep(asyncio.run(workshop.make(draft(), context().context)))
    before = sys.modules["acme_module"]
    install(site, 2, "raise RuntimeError('half written')")
    assert "half written" in refused(workshop, draft()).message
    assert sys.modules["acme_module"] is before


def test_threads_that_never_come_back_are_few() -> None:
    async def scenario() -> None:
        aside, gate = Aside(0.01), threading.Event()
        for _ in range(STUCK_MAX):
            with pytest.raises(StuckError, match="longer than"):
                await aside.do(lambda: gate.wait(30), "stuck")
        with pytest.raises(StuckError, match="restart the desk"):
            await aside.do(lambda: 1, "next")
        gate.set()
        while threading.active_count() > before:  # noqa: ASYNC110 - nobody tells of a thread's end
            await asyncio.sleep(0.002)
        assert await Aside(10).do(lambda: 1, "next") == 1

    before = threading.active_count()
    asyncio.run(scenario())


def test_the_digest_of_a_section_is_of_what_it_says(tmp_path: Path) -> None:
    def digest(text: str) -> str:
        (tmp_path / "plugins.toml").write_text(text)
        return base_of(load_config(Sources(folder=tmp_path)), "trend")

    first = digest(CONFIG)
    assert first
    assert digest(f"# remark\n{CONFIG}") == first
    assert digest(CONFIG.replace("0.01", "0.02")) != first
    assert digest(CONFIG.replace('"ema_cross"', '"ema_cross"\nenabled = false')) == ""
