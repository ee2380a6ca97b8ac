"""Historical market data in Parquet files, played by path."""

from typing import Any

from hexdesk.plugin import (
    CONTRACT_VERSION,
    RecordingContext,
    RecordingRegistration,
    hookimpl,
)
from hexdesk.ports.market_data import Recording
from hexdesk_catalog.settings import CatalogSettings


def make_recording(context: RecordingContext, settings: Any) -> Recording:  # noqa: ANN401 - a registration's factory
    """Make the recording; pyarrow is imported only now."""
    from hexdesk_catalog.recording import CatalogRecording

    return CatalogRecording(context, settings)


@hookimpl
def hexdesk_recordings() -> list[RecordingRegistration]:
    """Offer `plugin = "catalog"`."""
    return [
        RecordingRegistration(
            name="catalog",
            summary="Parquet files of trades, quotes, depth, bars and CTP snapshots",
            settings=CatalogSettings,
            factory=make_recording,
            contract=CONTRACT_VERSION,
            suffixes=(".parquet",),
        )
    ]
