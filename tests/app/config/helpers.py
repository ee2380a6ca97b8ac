"""A configuration that is right, to be made wrong in one place."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hexdesk.errors import ConfigError, ManyConfigError
from hexdesk_app.config import Config, Sources, load_config

GOOD = """\
[desk]
name = "demo"
seed = 7

[instruments."BTCUSDT-PERP.BINANCE"]
kind = "perpetual"
quote = "USDT"
tick = "0.1"
lot = "0.001"

[brokers.sim]
plugin = "sim"
deposits = ["100000 USDT"]
latency_ms = 5

[feeds.recorded]
plugin = "replay"
dataset = "sample:btcusdt"
speed = 60

[strategies.mm-btc]
plugin = "market_making"
instruments = ["BTCUSDT-PERP.BINANCE"]
capital = "50000 USDT"
settings = { spread_bps = 2.0 }
"""


def load(
    folder: Path,
    text: str = GOOD,
    *overrides: str,
    environ: Mapping[str, str] | None = None,
    profile: str = "",
    further: tuple[Path, ...] = (),
) -> Config:
    """Load a text as `plugins.toml` of a folder."""
    path = folder / "plugins.toml"
    path.write_text(text)
    return load_config(
        Sources(files=(path, *further), overrides=overrides, environ=environ or {}, profile=profile)
    )


def problems(folder: Path, text: str = GOOD, *overrides: str, **more: object) -> list[ConfigError]:
    """Return what is wrong with a text as `plugins.toml`."""
    with pytest.raises(ManyConfigError) as caught:
        load(folder, text, *overrides, **more)  # type: ignore[arg-type]
    return caught.value.errors


def problem(folder: Path, text: str = GOOD, *overrides: str, **more: object) -> ConfigError:
    """Return the only thing that is wrong."""
    (found,) = problems(folder, text, *overrides, **more)
    return found
