"""The `slack` channel, as a plugin."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    AlertChannelContext,
    AlertChannelRegistration,
    hookimpl,
)
from hexdesk.ports.alerts import AlertChannel
from hexdesk_alerts.settings import SlackSettings


def _make(context: AlertChannelContext, settings: SlackSettings) -> AlertChannel:
    """Make the channel; its library is imported here, for those who use it."""
    from hexdesk_alerts.channels import make_slack

    return make_slack(context, settings)


@hookimpl
def hexdesk_alert_channels() -> Iterable[AlertChannelRegistration]:
    """Offer the channel."""
    return [
        AlertChannelRegistration(
            name="slack",
            summary="Alerts to a Slack channel",
            settings=SlackSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
