from collections.abc import Callable
from typing import Any

import pytest

from hexdesk_otel.exporters import (
    CHANNEL_OPTIONS,
    log_exporters,
    metric_exporters,
    span_exporters,
)
from hexdesk_otel.settings import OtelSettings, Plan, make_plan


@pytest.mark.parametrize("made", [span_exporters, metric_exporters, log_exporters])
def test_a_receiver_that_was_away_for_long_is_soon_found_again(
    made: Callable[[Plan], list[Any]],
) -> None:
    """Three channels share gRPC's waits between attempts: each has to limit them."""
    plan = make_plan(OtelSettings(endpoint="http://127.0.0.1:1"), {})
    (exporter,) = made(plan)
    assert set(CHANNEL_OPTIONS) <= set(exporter._channel_options)  # noqa: SLF001 - the SDK's own
    exporter.shutdown()
