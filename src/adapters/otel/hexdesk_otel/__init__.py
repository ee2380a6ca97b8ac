"""Metrics, order traces and logs of hexdesk by OpenTelemetry and Prometheus."""

from collections.abc import Iterable

from hexdesk.plugin import CONTRACT_VERSION, TelemetryContext, TelemetryRegistration, hookimpl
from hexdesk.ports.telemetry import Telemetry
from hexdesk_otel.settings import OtelSettings


def _make(context: TelemetryContext, settings: OtelSettings) -> Telemetry:
    """Make the exporter; the SDK is imported here, for those who use it."""
    from hexdesk_otel.telemetry import OtelTelemetry

    return OtelTelemetry(context, settings)


@hookimpl
def hexdesk_telemetry() -> Iterable[TelemetryRegistration]:
    """Offer the exporter."""
    return [
        TelemetryRegistration(
            name="otel",
            summary="OpenTelemetry by OTLP (gRPC or HTTP), a Prometheus endpoint, the console",
            settings=OtelSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
