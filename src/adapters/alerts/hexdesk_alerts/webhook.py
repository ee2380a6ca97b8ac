"""The `webhook` channel, as a plugin."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    AlertChannelContext,
    AlertChannelRegistration,
    hookimpl,
)
from hexdesk.ports.alerts import AlertChannel
from hexdesk_alerts.settings import WebhookSettings


def _make(context: AlertChannelContext, settings: WebhookSettings) -> AlertChannel:
    """Make the channel; its library is imported here, for those who use it."""
    from hexdesk_alerts.channels import make_webhook

    return make_webhook(context, settings)


@hookimpl
def hexdesk_alert_channels() -> Iterable[AlertChannelRegistration]:
    """Offer the channel."""
    return [
        AlertChannelRegistration(
            name="webhook",
            summary="Alerts as JSON to any address, signed",
            settings=WebhookSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
