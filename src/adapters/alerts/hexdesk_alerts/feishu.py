"""The `feishu` channel, as a plugin."""

from collections.abc import Iterable

from hexdesk.plugin import (
    CONTRACT_VERSION,
    AlertChannelContext,
    AlertChannelRegistration,
    hookimpl,
)
from hexdesk.ports.alerts import AlertChannel
from hexdesk_alerts.settings import FeishuSettings


def _make(context: AlertChannelContext, settings: FeishuSettings) -> AlertChannel:
    """Make the channel; its library is imported here, for those who use it."""
    from hexdesk_alerts.channels import make_feishu

    return make_feishu(context, settings)


@hookimpl
def hexdesk_alert_channels() -> Iterable[AlertChannelRegistration]:
    """Offer the channel."""
    return [
        AlertChannelRegistration(
            name="feishu",
            summary="Alerts to a Feishu (Lark) group, signed",
            settings=FeishuSettings,
            factory=_make,
            contract=CONTRACT_VERSION,
        )
    ]
