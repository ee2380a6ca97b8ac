"""Every verb: what it prints, as tables and as JSON, and its exit code."""

from pathlib import Path

import pytest

from hexdesk import __version__
from hexdesk_app.cli import version
from tests.app.cli.conftest import Run
from tests.app.site import STRATEGY, Site


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version(hexdesk: Run, flag: str) -> None:
    answer = hexdesk(flag)
    assert (answer.code, answer.out) == (0, f"hexdesk {__version__}\n")


def test_versions_of_everything(hexdesk: Run) -> None:
    data = hexdesk("version", "--json").data
    assert data["hexdesk"] == __version__
    assert "dist-kit 1.0" in data["plugins"]
    assert "| hexdesk | 0.1.0" in hexdesk("version").out


def test_help_lists_every_verb(hexdesk: Run) -> None:
    answer = hexdesk("--help")
    assert answer.code == 0
    for verb in (
        "demo",
        "run",
        "backtest",
        "health",
        "bench",
        "sim",
        "config",
        "plugin",
        "new",
        "version",
    ):
        assert f"\n  {verb} " in answer.out


# --------------------------------------------------------------------------------------------------
# config


def test_a_good_configuration_passes(hexdesk: Run) -> None:
    answer = hexdesk("config", "check")
    assert answer.code == 0
    assert "ok: plugins.toml: 0 instruments, 1 brokers, 1 feeds, 1 strategies" in answer.out
    assert hexdesk("config", "check", "--json").data["ok"] is True


def test_a_bad_configuration_names_everything(hexdesk: Run) -> None:
    words = ("config", "check", "-S", "desk.sede=1", "--set", "strategies.turner.plugin=nope")
    answer = hexdesk(*words)
    assert answer.code == 4
    assert "CONFIG_UNKNOWN_KEY: desk.sede (flag --set) is not a known key" in answer.err
    answer = hexdesk("config", "check", "--set", "strategies.turner.plugin=kit_dsk", "--json")
    (error,) = answer.data["errors"]
    assert answer.document["schema"] == "hexdesk.error/1"
    assert (error["code"], error["path"]) == ("PLUGIN_UNKNOWN", "strategies.turner")
    assert "did you mean kit_desk?" in error["remedy"]
    assert answer.data["exit_code"] == answer.code == 4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["desk.mode=live"], "desk.mode (flag --set) is live, and the desk starts without"),
        (
            ["strategies.turner.capital=5 USD", "risk.preset=unlimited"],
            "strategies.turner.capital (flag --set) limits nothing",
        ),
    ],
)
def test_what_a_configuration_does_not_do_is_said_before_it_runs(
    hexdesk: Run, settings: list[str], said: str
) -> None:
    words = [word for setting in settings for word in ("--set", setting)]
    answer = hexdesk("config", "check", *words)
    assert (answer.code, "warning: " in answer.err, said in answer.err) == (0, True, True)
    assert said in hexdesk("config", "check", "--json", *words).document["warnings"][0]
    if settings[0].startswith("strategies"):
        assert said in hexdesk("backtest", *words).err


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ('strategies.turner.instruments=["NO.ACME"]', "names 'NO.ACME', which nothing defines"),
        ("brokers.venue.plugin=failing", "the factory of 'failing' raised ValueError"),
    ],
)
def test_what_would_not_start_does_not_pass_the_check(
    hexdesk: Run, site: Site, setting: str, text: str
) -> None:
    site.broker("failing", "raise ValueError('no')")
    answer = hexdesk("config", "check", "--set", setting)
    assert (answer.code, text in answer.err) == (4, True)


def test_feeds_that_do_not_go_together_are_told(hexdesk: Run) -> None:
    second = 'feeds.more={plugin="kit_desk", speed=2}'
    answer = hexdesk("config", "check", "--set", second)
    assert answer.code == 0
    assert "have different speeds" in answer.err
    assert "feeds.more plays what feeds.data does" in answer.err


def test_effective_values_with_their_origin(hexdesk: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEXDESK__DESK__SEED", "9")
    answer = hexdesk("config", "show", "--json", "--set", "desk.inbox_max=2000")
    values = {row["path"]: (row["value"], row["origin"]) for row in answer.data["values"]}
    assert values["desk.name"] == ('"kit"', "plugins.toml:3")
    assert values["desk.seed"] == ("9", "variable HEXDESK__DESK__SEED")
    assert values["desk.inbox_max"] == ("2000", "flag --set")
    assert values["desk.on_stop"] == ('"cancel"', "default")
    assert values["strategies.turner.settings.quantity"] == ("100", "default of kit_desk 1.0")
    assert values["risk.collar_pct"] == ('"2"', "default")
    assert "| plugins.toml:3" in hexdesk("config", "show", "--origin").out
    assert "plugins.toml:3" not in hexdesk("config", "show").out


def test_secrets_are_shown_as_set_or_not_set(
    hexdesk: Run, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.strategy("keeper")
    monkeypatch.setenv("ACME_KEY", "hunter2")
    Path("plugins.local.toml").write_text(
        "[strategies.keeper]\nplugin = 'keeper'\ninstruments = ['X.Y']\n"
        "settings = { fast_window = 3, key = 'env:ACME_KEY' }\n"
    )
    answer = hexdesk("config", "show")
    assert '"env:ACME_KEY"' not in answer.out
    assert "env:ACME_KEY (set)" in answer.out
    monkeypatch.delenv("ACME_KEY")
    assert "env:ACME_KEY (not set)" in hexdesk("config", "show").out
    answer = hexdesk("config", "check")
    assert (answer.code, "secret env:ACME_KEY is not set" in answer.err) == (0, True)
    for words in (("config", "show"), ("config", "check"), ("config", "show", "--json")):
        for key in ("key", "kye", "kez"):
            answer = hexdesk(*words, "--set", f"strategies.keeper.settings.{key}=hunter2")
            assert "hunter2" not in answer.out + answer.err


# --------------------------------------------------------------------------------------------------
# plugin


def test_plugins_are_listed_broken_ones_too(hexdesk: Run, site: Site) -> None:
    site.strategy("broken_one", "raise OSError('no')")
    rows = {row["name"]: row for row in hexdesk("plugin", "list", "--json").data}
    assert rows["kit_desk"]["kind"] == "broker, recording, strategy"
    assert rows["broken_one"]["kind"] == "broken"
    assert "raised OSError: no" in rows["broken_one"]["summary"]
    assert "| kit_desk" in hexdesk("plugin", "list").out


def test_a_plugin_is_explained(hexdesk: Run) -> None:
    answer = hexdesk("plugin", "info", "kit_desk")
    assert answer.code == 0
    for text in ("dist-kit 1.0", "Raw, of each order.", "whole number", "LIMIT, MARKET"):
        assert text in answer.out
    offers = hexdesk("plugin", "info", "kit_desk", "--json").data["offers"]
    assert [offer["kind"] for offer in offers] == ["broker", "recording", "strategy"]
    assert offers[0]["capabilities"]["post_only"] == "true"


def test_an_unknown_plugin_is_not_found(hexdesk: Run) -> None:
    for verb in ("info", "check"):
        answer = hexdesk("plugin", verb, "kit_dsk")
        assert answer.code == 2
        assert "did you mean kit_desk?" in answer.err


def test_a_plugin_is_checked_by_name_and_by_file(hexdesk: Run) -> None:
    for name in ("kit_desk", "plugins.toml"):
        answer = hexdesk("plugin", "check", name, "--json")
        assert (answer.code, answer.data["ok"]) == (0, True)
        assert {check["plugin"] for check in answer.data["checks"]} == {"kit_desk"}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("return [", "return 5 or [", "returned int"),
        ("name={name!r}", "name='other'", "it offers other"),
        ("frozen=True, ", "", "Settings does not"),
        ("lambda context, settings:", "lambda context:", "too many positional arguments"),
        ("contract=CONTRACT_VERSION)", "contract=CONTRACT_VERSION, example_settings={'x': 1})",
         "example_settings.x is not a setting"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_plugin_fails_its_check(
    hexdesk: Run, site: Site, old: str, new: str, problem: str
) -> None:
    assert old in STRATEGY
    site.strategy("wrong_one", STRATEGY.replace(old, new))
    answer = hexdesk("plugin", "check", "wrong_one")
    assert answer.code == 1
    assert problem in answer.out


# --------------------------------------------------------------------------------------------------
# running


def test_a_backtest_out_of_flags(hexdesk: Run) -> None:
    words = ("backtest", "--data", "kit:waves", "-s", "kit_desk", "--settings", "quantity=200")
    more = ("--set", "brokers.venue.plugin=kit_desk", "--json", "--report", "r.html")
    Path("plugins.toml").unlink()
    answer = hexdesk(*words, *more)
    assert answer.code == 0, answer.err
    assert answer.document["schema"] == "hexdesk.backtest/1"
    assert answer.data["orders"] == answer.data["fills"] == 12
    assert answer.data["events"] > 600
    assert Path(answer.data["report"]) == Path("r.html").absolute()
    assert "TEST-PERP.ACME" in Path("r.html").read_text()
    assert hexdesk(*words, *more).data["result_hash"] == answer.data["result_hash"]


def test_a_backtest_of_a_configuration(hexdesk: Run) -> None:
    answer = hexdesk("backtest")
    assert answer.code == 0, answer.err
    assert "| orders" in answer.out
    assert "12 made, 12 fills" in answer.out
    assert "turner" in answer.out


def test_settings_of_the_data_that_a_flag_names_are_kept(hexdesk: Run) -> None:
    words = ("backtest", "--data", "kit:waves", "--set", "feeds.data.dataste=1")
    answer = hexdesk(*words)
    assert (answer.code, "feeds.data.dataste (flag --set)" in answer.err) == (4, True)


FAILING = """
import msgspec
from hexdesk.plugin import (
    CONTRACT_VERSION, NoSettings, Strategy, StrategyRegistration, hookimpl)

class Failing(Strategy):
    def on_quote(self, quote):
        raise ZeroDivisionError("boom")

@hookimpl
def hexdesk_strategies():
    return [StrategyRegistration(
        name="failing", summary="Fails", settings=NoSettings,
        factory=lambda context, settings: Failing(context), contract=CONTRACT_VERSION)]
"""


def test_a_backtest_of_a_strategy_that_fails_has_failed(hexdesk: Run, site: Site) -> None:
    site.strategy("failing", FAILING)
    answer = hexdesk("backtest", "-s", "failing")
    assert answer.code == 1
    assert "| faulted |" in answer.out
    assert "ZeroDivisionError: boom (failing_module.py:" in answer.err
    assert "Traceback (most recent call last)" in answer.err  # in the log


def test_a_section_is_chosen_by_name(hexdesk: Run) -> None:
    Path("plugins.local.toml").write_text(
        "[strategies.other]\nplugin = 'kit_desk'\ninstruments = ['TEST-PERP.ACME']\n"
    )
    answer = hexdesk("backtest", "-s", "other", "--settings", "quantity=300", "--json")
    assert [row["name"] for row in answer.data["strategies"]] == ["other"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--data", "nothing"), 2, "there is no file, folder or dataset 'nothing'"),
        (("--data", "plugins.toml"), 2, "nothing installed reads 'plugins.toml'"),
        (("--data", "nope:x"), 2, "hexdesk-app[catalog]"),
        (("-s", "kit_dsk"), 2, "did you mean kit_desk?"),
        (("-s", "kit_desk", "--settings", "quantty=3"), 4, "did you mean quantity?"),
        (("-s", "kit_desk", "--settings", "quantity=x"), 4, "(flag --settings)"),
        (("-s", "kit_desk", "--settings", "quantity"), 4, "write --settings"),
        (("--set", 'strategies.turner.instruments=["NO.ACME"]'), 4, "names 'NO.ACME'"),
    ],
)
def test_a_senseless_backtest_is_refused(
    hexdesk: Run, words: tuple[str, ...], code: int, text: str
) -> None:
    answer = hexdesk("backtest", *words)
    assert answer.code == code
    assert text in answer.err


def test_a_report_that_cannot_be_written_loses_no_result(hexdesk: Run) -> None:
    answer = hexdesk("backtest", "--report", "/dev/full/r.html")
    assert answer.code == 1
    assert "12 made, 12 fills" in answer.out
    assert "REPORT_WRITE" in answer.err
    answer = hexdesk("backtest", "--report", "/dev/full/r.html", "--json")
    assert (answer.code, answer.data["orders"], answer.data["report"]) == (1, 12, "")
    assert "REPORT_WRITE" in answer.document["warnings"][0]


# --------------------------------------------------------------------------------------------------
# errors


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("confg",), "did you mean `hexdesk config`?"),
        (("config", "chek"), "did you mean `hexdesk config check`?"),
        (("zzz",), "hexdesk --help"),
        (("run", "--sped", "3"), "did you mean --speed"),
        (("run", "--speed", "-1"), "-1"),
        (("run", "--speed", "x"), "'x' is not a valid float"),
        (("plugin", "info"), "Missing argument"),
    ],
)
def test_a_senseless_command_line_says_what_was_meant(
    hexdesk: Run, words: tuple[str, ...], text: str
) -> None:
    answer = hexdesk(*words)
    assert answer.code == 4
    assert answer.err.startswith("USAGE: ")
    assert text in answer.err


def test_a_group_without_a_verb_shows_its_help(hexdesk: Run) -> None:
    answer = hexdesk("plugin")
    assert answer.code == 4
    assert "Commands:" in answer.err


def test_a_bug_has_an_incident_and_no_traceback(
    hexdesk: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail() -> list[str]:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(version, "installed", fail)
    answer = hexdesk("version")
    assert answer.code == 1
    assert "INTERNAL: unexpected ZeroDivisionError: boom (incident " in answer.err
    assert "Traceback" not in answer.err
    (file,) = tmp_path.rglob("incident-*.txt")
    assert "ZeroDivisionError: boom" in file.read_text()
    assert hexdesk("version").err == answer.err
