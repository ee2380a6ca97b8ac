"""The `mail` channel, as a plugin."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    AlertChannelContext,
    AlertChannelRegistration,
    hookimpl,
)
from hexdesk.ports.alerts import AlertChannel
from hexdesk_alerts.settings import MailSettings


def _make(context: AlertChannelContext, settings: MailSettings) -> AlertChannel:
    """Make the channel; its library is imported here, for those who use it."""
    from hexdesk_alerts.mailbox import make_mail

    return make_mail(context, settings)


@hookimpl
def hexdesk_alert_channels() -> Iterable[AlertChannelRegistration]:
    """Offer the channel."""
    return [
        AlertChannelRegistration(
            name="mail",
            summary="Alerts by mail",
            settings=MailSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
