"""A configuration and its plugins, checked against each other."""

from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from hexdesk.errors import HexdeskError, PluginError
from hexdesk_app.problems import ManyErrors, each_error, exit_code
from hexdesk_app.resolve import resolve
from tests.app.config.helpers import load
from tests.app.site import Site

TEXT = """
[brokers.venue]
plugin = "acme_venue"
[strategies.trend]
plugin = "acme_trend"
instruments = ["X.Y"]
settings = { fast_window = 5 }
"""


@pytest.fixture(autouse=True)
def plugins(site: Site) -> None:
    """Two good plugins."""
    site.broker("acme_venue")
    site.strategy("acme_trend")


def found(folder: Path, text: str) -> list[HexdeskError]:
    with pytest.raises(HexdeskError) as caught:
        resolve(load(folder, text))
    assert exit_code(caught.value) == 4
    return each_error(caught.value)


def test_every_section_gets_its_registration_and_settings(tmp_path: Path) -> None:
    parts = resolve(load(tmp_path, TEXT))
    assert parts.brokers["venue"].registration.name == "acme_venue"
    trend = parts.strategies["trend"]
    assert trend.place.path == ("strategies", "trend")
    assert trend.plugin.distribution == "dist-acme_trend 1.0"
    assert getattr(trend.settings, "fast_window", 0) == 5
    assert parts.journal is None


def test_sections_of_one_plugin_look_for_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[None] = []

    def counted() -> Iterable[Distribution]:
        looked.append(None)
        return distributions()

    monkeypatch.setattr("hexdesk_app.plugins.distributions", counted)
    strategies = TEXT.partition("[strategies.trend]")[2]
    more = "".join(f"[strategies.trend{number}]{strategies}" for number in range(9))
    assert len(resolve(load(tmp_path, TEXT + more)).strategies) == 10
    assert len(looked) == 2, "once for each plugin"


def test_a_plugin_of_another_kind_is_refused(tmp_path: Path) -> None:
    (error,) = found(tmp_path, TEXT + '[feeds.f]\nplugin = "acme_trend"\n')
    assert isinstance(error, PluginError)
    assert error.code == "PLUGIN_KIND"
    assert error.message == "'acme_trend' is no feed or recording but a strategy"


def test_everything_wrong_is_reported_in_one_go(tmp_path: Path) -> None:
    text = TEXT.replace("fast_window", "fast_windw") + '[servers.s]\nplugin = "no_such"\n'
    errors = found(tmp_path, text)
    assert sorted(error.code for error in errors) == [
        "CONFIG_MISSING",
        "CONFIG_UNKNOWN_KEY",
        "PLUGIN_UNKNOWN",
    ]


def test_a_typing_error_in_a_key_of_ours_is_suggested_beside_the_plugins(tmp_path: Path) -> None:
    (error,) = found(tmp_path, TEXT.replace("[strategies", 'acount = "1"\n[strategies'))
    assert error.remedy.startswith("did you mean account?")


def test_a_flag_reaches_a_plugins_setting_with_its_type(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        TEXT,
        "strategies.trend.settings.size=2",
        environ={"HEXDESK__STRATEGIES__TREND__SETTINGS__FAST_WINDOW": "9"},
    )
    settings = resolve(config).strategies["trend"].settings
    assert (getattr(settings, "size", ""), getattr(settings, "fast_window", 0)) == ("2", 9)


def test_a_secret_that_is_not_set_stops_the_start_but_not_the_check(tmp_path: Path) -> None:
    text = TEXT.replace("= 5", '= 5, key = "env:NO_SUCH_VARIABLE_HERE"')
    (error,) = found(tmp_path, text)
    assert error.code == "CONFIG_SECRET"
    assert "strategies.trend.settings.key" in str(error)
    parts = resolve(load(tmp_path, text), needs_secrets=False)
    assert [each.code for each in parts.unset_secrets] == ["CONFIG_SECRET"]


def test_many_errors_print_one_after_the_other() -> None:
    error = ManyErrors([PluginError("a"), PluginError("b")])
    assert str(error) == "PLUGIN: a\nPLUGIN: b"


FEEDS = """
from hexdesk.plugin import (
    CONTRACT_VERSION, FeedRegistration, NoSettings, RecordingRegistration, hookimpl)

COMMON = dict(settings=NoSettings, factory=lambda context, settings: None,
              contract=CONTRACT_VERSION)

@hookimpl
def hexdesk_{hook}():
    return [{kind}Registration(name="acme_{hook}", summary="Acme", **COMMON)]
"""


def test_time_comes_from_recordings_or_from_live_feeds(tmp_path: Path, site: Site) -> None:
    for hook, kind in (("feeds", "Feed"), ("recordings", "Recording")):
        site.module(f"{hook}_module", FEEDS.replace("{hook}", hook).replace("{kind}", kind))
        site.distribution(f"dist-{hook}", entries=f"acme_{hook} = {hook}_module")
    text = TEXT + '[feeds.a]\nplugin = "acme_feeds"\n[feeds.b]\nplugin = "acme_recordings"\n'
    (error,) = found(tmp_path, text)
    assert error.code == "CONFIG_CONFLICT"
    assert "mixes recordings (b) and live feeds (a)" in error.message


JOURNAL = """
import msgspec
from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.plugin import CONTRACT_VERSION, JournalRegistration, hookimpl

class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    window: int = 5

@hookimpl
def hexdesk_journals():
    return [JournalRegistration(
        name="acme_journal", summary="Keeps", settings=Settings,
        factory=lambda context, settings: MemoryJournal(), contract=CONTRACT_VERSION)]
"""


@pytest.mark.parametrize(
    ("section", "key", "known"),
    [
        ("journal", "zzz", "known: plugin, window"),
        ("journal", "acount", "known: plugin, window"),
        ("brokers.venue", "zzz", "known: account, deposits, plugin"),
        ("brokers.venue", "speeed", "known: account, deposits, plugin"),
    ],
)
def test_only_keys_that_fit_there_are_suggested(
    tmp_path: Path, site: Site, section: str, key: str, known: str
) -> None:
    site.module("acme_journal_module", JOURNAL)
    site.distribution("dist-journal", entries="acme_journal = acme_journal_module")
    text = TEXT + '[journal]\nplugin = "acme_journal"\n'
    (error,) = found(tmp_path, text.replace(f"[{section}]", f"[{section}]\n{key} = 1"))
    assert error.code == "CONFIG_UNKNOWN_KEY"
    assert error.remedy == known
