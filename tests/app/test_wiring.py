"""What a desk begins with, whatever became of the run before."""

from itertools import islice
from pathlib import Path

import pytest

from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.domain.records import Deposited
from hexdesk_app.build import build
from tests.app.config.helpers import load
from tests.app.site import Site

TEXT = """
[brokers.one]
plugin = "acme_venue"
deposits = ["100 USDT", "2 BTC"]
[brokers.two]
plugin = "acme_venue"
deposits = ["7 USDT"]
[strategies.trend]
plugin = "acme_trend"
broker = "one"
instruments = ["X.Y"]
settings = { fast_window = 5 }
[instruments."X.Y"]
kind = "equity"
quote = "USDT"
tick = "0.1"
lot = "1"
"""
TOTALS = {("one", "USDT"): "100", ("one", "BTC"): "2", ("two", "USDT"): "7"}


@pytest.fixture(autouse=True)
def plugins(site: Site) -> None:
    """A broker that does nothing, and a strategy."""
    site.broker(
        "acme_venue",
        factory="return type('Venue', (), {'capabilities': Capabilities(), 'submit': None})()",
    )
    site.strategy("acme_trend")


def begin(folder: Path, journal: MemoryJournal) -> dict[tuple[str, str], str]:
    """Build a desk on a journal and return its cash."""
    app = build(load(folder, TEXT), overrides={"journal": journal, "is_virtual": False})
    return {
        (name, balance.currency): str(balance).split(" ")[0]
        for name, account in app.desk.accounts.items()
        for balance in account.balances.values()
        if balance.total
    }


def test_a_paper_desk_begins_with_its_deposits_and_gets_them_once(tmp_path: Path) -> None:
    journal = MemoryJournal()
    assert begin(tmp_path, journal) == TOTALS
    assert begin(tmp_path, journal) == TOTALS


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_a_kill_between_its_first_records_costs_no_deposit(tmp_path: Path, kept: int) -> None:
    first = MemoryJournal()
    begin(tmp_path, first)
    torn = MemoryJournal()
    for record in islice(first.records(), kept):
        torn.append(record)
    assert begin(tmp_path, torn) == TOTALS
    deposits = [each for each in torn.records() if isinstance(each, Deposited)]
    assert len(deposits) == len(TOTALS)
