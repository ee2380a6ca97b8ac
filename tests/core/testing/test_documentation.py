"""Every case of every kit is in docs/conformance.md, word for word."""

from pathlib import Path

import pytest

from hexdesk.testing.broker_kit import BrokerKit
from hexdesk.testing.cases import cases_of
from hexdesk.testing.journal_kit import JournalKit
from hexdesk.testing.market_data_kit import MarketDataKit, RecordingKit
from hexdesk.testing.read_model_kit import ReadModelKit
from hexdesk.testing.strategy_kit import StrategyKit

ROWS = (Path(__file__).parents[3] / "docs/conformance.md").read_text().splitlines()


@pytest.mark.parametrize(
    "kit", [BrokerKit, StrategyKit, RecordingKit, MarketDataKit, JournalKit, ReadModelKit]
)
def test_cases_are_documented(kit: type) -> None:
    for case in cases_of(kit):
        assert f"| {case.number} | {case.title} | {', '.join(case.needs)} |" in ROWS
