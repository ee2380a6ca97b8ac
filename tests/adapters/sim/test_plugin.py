"""The plugin's registration and settings."""

import subprocess
import sys

import msgspec
import pytest

import hexdesk_sim
from hexdesk.plugin import CONTRACT_VERSION
from hexdesk_sim.settings import SimSettings


def test_it_offers_one_broker() -> None:
    (registration,) = hexdesk_sim.hexdesk_brokers()
    assert registration.name == "sim"
    assert registration.contract == CONTRACT_VERSION
    assert registration.settings is SimSettings


def test_importing_it_costs_no_matching_engine() -> None:
    listing = "print(*(name for name in sys.modules if name.startswith('hexdesk_sim')))"
    code = f"import hexdesk_sim, sys; {listing}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60
    )
    assert set(done.stdout.split()) == {
        "hexdesk_sim",
        "hexdesk_sim.capabilities",
        "hexdesk_sim.settings",
    }


def test_by_default_trading_is_not_free() -> None:
    settings = SimSettings()
    assert settings.slippage_bps > 0
    assert settings.submit_latency_ms > 0
    assert not settings.is_direct


@pytest.mark.parametrize(
    "wrong",
    [
        {"slippage": 1},
        {"slippage_bps": -1},
        {"queue": "middle"},
        {"reject_rate": 1.5},
        {"day_end_utc": "24:00"},
        {"open_orders_max": 0},
        {"faults": [{"action": "explode"}]},
        {"faults": [{"action": "drop", "report": "accepted", "often": 1}]},
        {"faults": [{"action": "drop", "report": "everything"}]},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, SimSettings)
