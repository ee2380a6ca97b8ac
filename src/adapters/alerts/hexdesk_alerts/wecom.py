"""The `wecom` channel, as a plugin."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    AlertChannelContext,
    AlertChannelRegistration,
    hookimpl,
)
from hexdesk.ports.alerts import AlertChannel
from hexdesk_alerts.settings import WeComSettings


def _make(context: AlertChannelContext, settings: WeComSettings) -> AlertChannel:
    """Make the channel; its library is imported here, for those who use it."""
    from hexdesk_alerts.channels import make_wecom

    return make_wecom(context, settings)


@hookimpl
def hexdesk_alert_channels() -> Iterable[AlertChannelRegistration]:
    """Offer the channel."""
    return [
        AlertChannelRegistration(
            name="wecom",
            summary="Alerts to a WeCom (WeChat Work) group",
            settings=WeComSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
