"""The `discord` channel, as a plugin."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    AlertChannelContext,
    AlertChannelRegistration,
    hookimpl,
)
from hexdesk.ports.alerts import AlertChannel
from hexdesk_alerts.settings import DiscordSettings


def _make(context: AlertChannelContext, settings: DiscordSettings) -> AlertChannel:
    """Make the channel; its library is imported here, for those who use it."""
    from hexdesk_alerts.channels import make_discord

    return make_discord(context, settings)


@hookimpl
def hexdesk_alert_channels() -> Iterable[AlertChannelRegistration]:
    """Offer the channel."""
    return [
        AlertChannelRegistration(
            name="discord",
            summary="Alerts to a Discord channel",
            settings=DiscordSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
