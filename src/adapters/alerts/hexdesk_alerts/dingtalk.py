"""The `dingtalk` channel, as a plugin."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    AlertChannelContext,
    AlertChannelRegistration,
    hookimpl,
)
from hexdesk.ports.alerts import AlertChannel
from hexdesk_alerts.settings import DingTalkSettings


def _make(context: AlertChannelContext, settings: DingTalkSettings) -> AlertChannel:
    """Make the channel; its library is imported here, for those who use it."""
    from hexdesk_alerts.channels import make_dingtalk

    return make_dingtalk(context, settings)


@hookimpl
def hexdesk_alert_channels() -> Iterable[AlertChannelRegistration]:
    """Offer the channel."""
    return [
        AlertChannelRegistration(
            name="dingtalk",
            summary="Alerts to a DingTalk group, signed",
            settings=DingTalkSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
