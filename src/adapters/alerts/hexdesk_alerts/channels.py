"""The channels by name: which address, which body, which signature."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from hexdesk.domain.values import NS_PER_MS, NS_PER_SECOND
from hexdesk.plugin import AlertChannelContext
from hexdesk.ports.alerts import AlertChannel, Delivery, Outcome
from hexdesk_alerts import payloads
from hexdesk_alerts.http import DELIVERED, TEXT_MAX, HttpChannel, secret_text
from hexdesk_alerts.settings import (
    DingTalkSettings,
    DiscordSettings,
    FeishuSettings,
    SlackSettings,
    TelegramSettings,
    WebhookSettings,
    WeComSettings,
)

ROBOT_BUSY = frozenset({-1, 130101, 410100, 45009})
"""Codes of robots that are asked too often (DingTalk 130101, 410100; WeCom 45009) or busy (-1)."""
FEISHU_BUSY = frozenset({9499, 11232})
"""Codes of a custom bot that is asked too often."""


def make_webhook(context: AlertChannelContext, settings: WebhookSettings) -> AlertChannel:
    """Make a webhook channel."""

    def sign(body: bytes) -> Mapping[str, str]:
        timestamp = context.clock.now_ns() // NS_PER_SECOND
        signature = payloads.webhook_signature(secret_text(settings.secret), timestamp, body)
        return {"X-Hexdesk-Timestamp": str(timestamp), "X-Hexdesk-Signature": signature}

    return HttpChannel(
        settings.url.reveal, payloads.webhook, sign=sign if settings.secret is not None else None
    )


def make_slack(_context: AlertChannelContext, settings: SlackSettings) -> AlertChannel:
    """Make a Slack channel."""
    return HttpChannel(settings.url.reveal, payloads.slack)


def make_discord(_context: AlertChannelContext, settings: DiscordSettings) -> AlertChannel:
    """Make a Discord channel."""
    return HttpChannel(settings.url.reveal, payloads.discord)


def make_telegram(_context: AlertChannelContext, settings: TelegramSettings) -> AlertChannel:
    """Make a Telegram channel."""
    return HttpChannel(
        lambda: f"{settings.base_url.rstrip('/')}/bot{settings.token.reveal()}/sendMessage",
        lambda message: payloads.telegram(message, settings.chat_id),
        judge=_telegram_answer,
    )


def make_feishu(context: AlertChannelContext, settings: FeishuSettings) -> AlertChannel:
    """Make a Feishu channel."""
    return HttpChannel(
        settings.url.reveal,
        lambda message: payloads.feishu(
            message, context.clock.now_ns() // NS_PER_SECOND, secret_text(settings.secret)
        ),
        judge=_feishu_answer,
    )


def make_dingtalk(context: AlertChannelContext, settings: DingTalkSettings) -> AlertChannel:
    """Make a DingTalk channel: the signature goes into the address."""

    def address() -> str:
        url, secret = settings.url.reveal(), secret_text(settings.secret)
        if not secret:
            return url
        timestamp_ms = context.clock.now_ns() // NS_PER_MS
        sign = quote(payloads.dingtalk_signature(timestamp_ms, secret), safe="")
        return f"{url}{'&' if '?' in url else '?'}timestamp={timestamp_ms}&sign={sign}"

    return HttpChannel(address, payloads.dingtalk, judge=_robot_answer)


def make_wecom(_context: AlertChannelContext, settings: WeComSettings) -> AlertChannel:
    """Make a WeCom channel."""
    return HttpChannel(settings.url.reveal, payloads.wecom, judge=_robot_answer)


def _robot_answer(answer: Mapping[str, Any]) -> Delivery:
    """Read the code in the body: DingTalk and WeCom answer errors with HTTP 200."""
    code = answer.get("errcode")
    if code == 0:
        return DELIVERED
    text = f"errcode {code} {answer.get('errmsg', '')}"[:TEXT_MAX]
    return Delivery(Outcome.FAILED if code in ROBOT_BUSY else Outcome.REFUSED, text)


def _telegram_answer(answer: Mapping[str, Any]) -> Delivery:
    if answer.get("ok") is True:
        return DELIVERED
    return Delivery(Outcome.REFUSED, str(answer.get("description", "not ok"))[:TEXT_MAX])


def _feishu_answer(answer: Mapping[str, Any]) -> Delivery:
    """Read the code in the body: Feishu answers errors with HTTP 200."""
    code = answer.get("code", answer.get("StatusCode", 0))
    if code == 0:
        return DELIVERED
    text = f"code {code} {answer.get('msg', '')}"[:TEXT_MAX]
    return Delivery(Outcome.FAILED if code in FEISHU_BUSY else Outcome.REFUSED, text)
