"""Every way in which a plugin can be broken has its message; no plugin is loaded unasked."""

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hexdesk.errors import ConfigError, ManyConfigError, PluginError
from hexdesk.plugin import Secret
from hexdesk.plugin.registrations import StrategyRegistration
from hexdesk_app.config.convert import Place
from hexdesk_app.config.paths import Origins
from hexdesk_app.plugins import convert_settings, find, installed, load, load_into, make
from tests.app.site import STRATEGY, Site


def refused(name: str, timeout_s: float = 10.0) -> PluginError:
    with pytest.raises(PluginError) as caught:
        load([name], timeout_s=timeout_s)
    return caught.value


def strategy(site: Site, name: str) -> StrategyRegistration:
    site.strategy(name)
    return load([name]).strategies()[name]


def convert(registration: StrategyRegistration, table: dict[str, object]) -> msgspec.Struct:
    path = ("strategies", "trend", "settings")
    origins = Origins({(*path, key): f"plugins.toml:{i}" for i, key in enumerate(table, 31)})
    return convert_settings(registration, table, path, origins, version="1.0")


# --------------------------------------------------------------------------------------------------
# Finding


def test_only_what_is_asked_for_is_imported(site: Site) -> None:
    site.strategy("asked")
    site.strategy("unasked", "raise SystemExit('imported unasked')")
    assert "asked" in load(["asked"]).strategies()
    assert "unasked_module" not in sys.modules
    assert {"asked", "unasked"} <= {offer.name for offer in installed()}


def test_an_unknown_name_lists_what_is_near_and_what_is_there(site: Site) -> None:
    site.strategy("acme_trend")
    error = refused("acme_tred")
    assert error.code == "PLUGIN_UNKNOWN"
    assert "did you mean acme_trend?" in error.remedy
    assert "installed: " in error.remedy


def test_a_name_offered_twice_names_everyone_across_groups(site: Site) -> None:
    site.strategy("twice")
    site.distribution("dist-b", "2.1", "twice = other_module")
    site.distribution("dist-c", "0.3", "twice = third_module")
    error = refused("twice")
    assert error.code == "PLUGIN_CONFLICT"
    assert "['dist-b 2.1', 'dist-c 0.3', 'dist-twice 1.0']" in error.message
    assert "uninstall" in error.remedy


def test_a_second_copy_of_one_distribution_is_hidden_by_the_first(
    site: Site, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.distribution("dist-old", "1.0", "acme_old = m")
    first = tmp_path_factory.mktemp("first")
    Site(first).distribution("Dist_Old", "2.0", "acme_old = m")
    monkeypatch.setattr(sys, "path", [str(first), *sys.path])
    assert find("acme_old").distribution == "Dist_Old 2.0"


def test_unreadable_entry_points_name_their_distribution(site: Site) -> None:
    site.distribution("dist-broken", entries="no equals sign")
    error = refused("anything")
    assert (error.code, error.distribution) == ("PLUGIN_BROKEN", "dist-broken 1.0")


def test_metadata_without_a_name_is_survived(site: Site) -> None:
    info = site.folder / "nameless-1.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[hexdesk.adapters]\nnameless = nameless\n")
    assert find("nameless").distribution == "unknown ?"


# --------------------------------------------------------------------------------------------------
# Loading


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("raise RuntimeError('boom')", "PLUGIN_IMPORT", "raised RuntimeError: boom"),
        ("raise SystemExit(3)", "PLUGIN_IMPORT", "raised SystemExit: 3"),
        ("def broken(:", "PLUGIN_IMPORT", "raised SyntaxError"),
        ("import no_such_package_anywhere", "PLUGIN_DEPENDENCY", "'no_such_package_anywhere'"),
        ("x = 1", "PLUGIN_HOOK", "offers nothing"),
        (STRATEGY.replace("def hexdesk_strategies()", "def hexdesk_strategys()"),
         "PLUGIN_HOOK", "hexdesk_strategys"),
        (STRATEGY.replace("hexdesk_strategies()", "hexdesk_strategies(desk)"),
         "PLUGIN_HOOK", "desk"),
        (STRATEGY.replace("return [", "return 5 or ["), "PLUGIN_HOOK", "returned int"),
        (STRATEGY.replace("return [", "return ['x'] or ["), "PLUGIN_HOOK", "returned str"),
        (STRATEGY.replace("return [", "return 1 / 0 or ["), "PLUGIN_HOOK", "ZeroDivisionError"),
        (STRATEGY.replace("contract=CONTRACT_VERSION", "contract=99"),
         "PLUGIN_CONTRACT", "written for plugin contract 99"),
        (STRATEGY.replace("settings=Settings", "settings=dict"), "PLUGIN_HOOK", "settings of"),
        (STRATEGY.replace("return [", "return 2 * ["), "PLUGIN_CONFLICT", "'broken' is offered by"),
    ],
)  # fmt: skip
def test_a_broken_module_is_refused(site: Site, text: str, code: str, message: str) -> None:
    site.strategy("broken", text)
    error = refused("broken")
    assert (error.code, error.plugin) == (code, "broken")
    assert message in error.message
    assert "dist-broken 1.0" in str(error)
    assert error.remedy


def test_an_entry_point_must_name_a_module(site: Site) -> None:
    site.module("objects_module", "thing = object()")
    site.distribution("dist-objects", entries="objects = objects_module:thing")
    assert "names no module" in refused("objects").message


def test_a_missing_optional_package_names_its_extra(site: Site) -> None:
    site.strategy("lazy", "import some_venue_sdk")
    site.distribution(
        "dist-sdk", entries="sdk = lazy_module", requires=('some-venue-sdk>=2 ; extra == "venue"',)
    )
    assert refused("sdk").remedy == "pip install 'dist-sdk[venue]'"


def test_a_missing_module_of_its_own_is_named(site: Site) -> None:
    site.distribution("dist-gone", entries="gone = gone_module")
    error = refused("gone")
    assert error.code == "PLUGIN_IMPORT"
    assert "its own module 'gone_module' is missing" in error.message
    assert error.remedy == "reinstall it: pip install --force-reinstall dist-gone"


def test_an_import_that_hangs_is_stopped(site: Site) -> None:
    site.strategy("hanging", "import threading\nthreading.Event().wait()")
    error = refused("hanging", timeout_s=0.2)
    assert error.code == "PLUGIN_TIMEOUT"
    assert "threading.py" in error.message


def test_the_path_that_asked_is_named(site: Site) -> None:
    site.strategy("broken", "raise OSError('no')")
    with pytest.raises(PluginError, match=r"strategies\.trend"):
        load_into(load([]), "broken", "strategies.trend")


def test_a_registration_name_given_by_two_plugins_names_both(site: Site) -> None:
    site.strategy("one")
    site.strategy("two", STRATEGY.replace("{name!r}", "'one'"))
    with pytest.raises(PluginError, match=r"\['dist-one 1.0', 'dist-two 1.0'\]"):
        load(["one", "two"])


# --------------------------------------------------------------------------------------------------
# Settings


def test_settings_are_converted(site: Site) -> None:
    settings = convert(strategy(site, "trend"), {"fast_window": 5, "key": "env:ACME"})
    assert msgspec.structs.astuple(settings) == (5, "1", Secret("env:ACME"))


def test_all_wrong_settings_are_named_with_line_version_and_suggestion(site: Site) -> None:
    with pytest.raises(ManyConfigError) as caught:
        convert(strategy(site, "trend"), {"fast_windw": 5, "size": 3})
    errors = {error.path: error for error in caught.value.errors}
    unknown = errors["strategies.trend.settings.fast_windw"]
    assert str(unknown) == (
        "CONFIG_UNKNOWN_KEY: strategies.trend.settings.fast_windw (plugins.toml:31)"
        " is not a setting of trend 1.0\n  -> did you mean fast_window?  fast_window = 5"
    )
    assert errors["strategies.trend.settings.fast_window"].code == "CONFIG_MISSING"
    assert errors["strategies.trend.settings.size"].remedy == 'size = "3"'


@pytest.mark.parametrize("literal", ["hunter2", 42, ["hunter2"], {"x": "hunter2"}])
def test_a_literal_secret_is_refused_and_never_repeated(site: Site, literal: object) -> None:
    with pytest.raises(ManyConfigError) as caught:
        convert(strategy(site, "trend"), {"fast_window": 5, "key": literal})
    (error,) = caught.value.errors
    assert error.code == "CONFIG_SECRET"
    assert "hunter2" not in str(error)
    assert "42" not in str(error)
    assert 'key = "env:KEY"' in error.remedy


def test_a_settings_type_that_cannot_be_read_is_the_plugins_fault(site: Site) -> None:
    text = STRATEGY.replace("fast_window: int", "fast_window: 'Nowhere'")
    site.strategy("forward", text)
    registration = load(["forward"]).strategies()["forward"]
    with pytest.raises(PluginError, match="Nowhere"):
        convert(registration, {})


# --------------------------------------------------------------------------------------------------
# Factories


def made(site: Site, factory: str, timeout_s: float = 10.0) -> object:
    site.broker(
        "maker",
        factory,
        requires=('some-venue-sdk>=2 ; extra == "venue"',),
    )
    registry = load([])
    plugin = load_into(registry, "maker")
    broker = registry.brokers()["maker"]
    context: Any = None
    origins = Origins({("brokers", "a"): "p.toml:3", ("brokers", "a", "key"): "p.toml:5"})
    place = Place(path=("brokers", "a"), origins=origins)
    return make(broker.factory, context, broker.settings(), plugin, place, timeout_s=timeout_s)


def test_a_factory_makes(site: Site) -> None:
    assert made(site, "return 'made'") == "made"


def test_to_make_it_nobody_looks_through_all_that_is_installed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty strategies did so fifty times: three seconds before a desk was ready."""
    site.broker("maker", "return 'made'")
    registry = load([])
    plugin = load_into(registry, "maker")
    broker = registry.brokers()["maker"]
    monkeypatch.delattr("hexdesk_app.plugins.distributions")
    context: Any = None
    found: object = make(broker.factory, context, broker.settings(), plugin)
    assert found == "made"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("raise ValueError('no')", "PLUGIN_FACTORY", "the factory of 'maker' raised ValueError"),
        ("raise SystemExit('no')", "PLUGIN_FACTORY", "raised SystemExit"),
        ("pass", "PLUGIN_FACTORY", "returned None"),
        ("import some_venue_sdk", "PLUGIN_DEPENDENCY", "'some_venue_sdk'"),
        ("from hexdesk.errors import PluginError\nraise PluginError('locale', remedy='apt')",
         "PLUGIN", "locale"),
    ],
)  # fmt: skip
def test_a_failing_factory_is_named(site: Site, body: str, code: str, message: str) -> None:
    with pytest.raises(PluginError) as caught:
        made(site, body)
    error = caught.value
    assert (error.code, error.path) == (code, "brokers.a")
    assert error.distribution == "dist-maker 1.0"
    assert message in error.message
    assert error.remedy


def test_the_traceback_of_a_factory_is_kept_under_an_incident(site: Site, log_folder: Path) -> None:
    with pytest.raises(PluginError, match=r"no such thing \(incident [0-9a-f]{8}\)") as caught:
        made(site, "raise ValueError('no such thing')")
    (file,) = log_folder.rglob("incident-*.txt")
    assert str(file) in caught.value.remedy
    assert "maker_module.py" in file.read_text()


@pytest.mark.parametrize(
    ("path", "shown"),
    [("", r"brokers\.a \(p.toml:3\)"), ("brokers.a.key", r"brokers\.a\.key \(p.toml:5\)"),
     ("what?", r"what\? \(p.toml:3\)")],
)  # fmt: skip
def test_what_a_factory_says_about_the_configuration_passes_with_its_origin(
    site: Site, path: str, shown: str
) -> None:
    what = f"ConfigError('no key', code='X', path={path!r})"
    with pytest.raises(ConfigError, match=f"X: {shown} no key"):
        made(site, f"from hexdesk.errors import ConfigError\nraise {what}")


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import threading\nthreading.Lock().acquire() and threading.Event().wait()",
        "import queue\nqueue.Queue().get()",
        "while True:\n    try:\n        while True: pass\n    except Exception: pass",
    ],
)
def test_a_factory_that_hangs_is_stopped_and_its_stack_shown(site: Site, body: str) -> None:
    with pytest.raises(PluginError) as caught:
        made(site, body, timeout_s=0.2)
    error = caught.value
    assert (error.code, error.path) == ("PLUGIN_TIMEOUT", "brokers.a")
    assert "took longer than 0.2 s" in error.message
    assert "in factory" in error.message
