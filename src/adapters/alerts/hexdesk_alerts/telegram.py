"""The `telegram` channel, as a plugin."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    AlertChannelContext,
    AlertChannelRegistration,
    hookimpl,
)
from hexdesk.ports.alerts import AlertChannel
from hexdesk_alerts.settings import TelegramSettings


def _make(context: AlertChannelContext, settings: TelegramSettings) -> AlertChannel:
    """Make the channel; its library is imported here, for those who use it."""
    from hexdesk_alerts.channels import make_telegram

    return make_telegram(context, settings)


@hookimpl
def hexdesk_alert_channels() -> Iterable[AlertChannelRegistration]:
    """Offer the channel."""
    return [
        AlertChannelRegistration(
            name="telegram",
            summary="Alerts to a Telegram chat",
            settings=TelegramSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
