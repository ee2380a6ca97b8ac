"""D6: `mode = "live"` alone sends nothing: trading is off until a person arms it."""

from pathlib import Path

import pytest

from hexdesk_app.config import Sources, load_config
from hexdesk_app.running.runner import run
from hexdesk_app.running.session import Options
from tests.app.cli.desk import PLUGINS_TOML, install
from tests.app.site import Site


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_a_live_desk_starts_without_being_armed(site: Site, tmp_path: Path, mode: str) -> None:
    install(site)
    (tmp_path / "plugins.toml").write_text(PLUGINS_TOML)
    config = load_config(Sources(folder=tmp_path, overrides=(f"desk.mode={mode}",)))
    result = run(config, Options(speed=0.0, handle_signals=False))
    rejects = {} if mode == "paper" else {"LIVE_NOT_ARMED": 12}
    expected = (12 - sum(rejects.values()), rejects)
    assert (result.fills, result.rejects) == expected
    assert result.orders == 12
