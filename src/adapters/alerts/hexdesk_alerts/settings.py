"""What `plugins.toml` may say about alert channels. Addresses that hold a token are secrets."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hexdesk.plugin import Secret


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a webhook.

    Attributes:
        url: Where alerts are posted as JSON: a reference, `env:NAME` or `file:PATH`.
        secret: Signs each body, HMAC-SHA256 over `TIMESTAMP.BODY` in `X-Hexdesk-Signature`; none
            without it.
    """

    url: Secret
    secret: Secret | None = None


class SlackSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of Slack.

    Attributes:
        url: Of an incoming webhook: a reference, `env:NAME` or `file:PATH`.
    """

    url: Secret


class DiscordSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of Discord.

    Attributes:
        url: Of a channel's webhook: a reference, `env:NAME` or `file:PATH`.
    """

    url: Secret


class FeishuSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of Feishu (Lark).

    Attributes:
        url: Of a group's custom bot: a reference, `env:NAME` or `file:PATH`.
        secret: Of the bot's signature check; none where it is off.
    """

    url: Secret
    secret: Secret | None = None


class DingTalkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of DingTalk.

    Attributes:
        url: Of a group's custom robot, with its `access_token`: a reference, `env:NAME` or
            `file:PATH`.
        secret: Of the robot's signature check (`SEC...`); none where it is off.
    """

    url: Secret
    secret: Secret | None = None


class WeComSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of WeCom (WeChat Work).

    Attributes:
        url: Of a group's robot, with its `key`: a reference, `env:NAME` or `file:PATH`.
    """

    url: Secret


class TelegramSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of Telegram.

    Attributes:
        token: Of the bot: a reference, `env:NAME` or `file:PATH`.
        chat_id: Where it writes: a number, or `@channel`.
        base_url: Of the Bot API.
    """

    token: Secret
    chat_id: Annotated[str, Meta(min_length=1, max_length=64)]
    base_url: Annotated[str, Meta(pattern=r"^https?://\S+$")] = "https://api.telegram.org"


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of mail.

    Attributes:
        host: Of the SMTP server.
        port: Of it.
        security: How it is spoken to: `starttls`, `tls`, or `none` on a trusted line.
        sender: Address that mails are from.
        recipients: Addresses that they go to.
        username: Of the account; empty for none.
        password: Of the account: a reference, `env:NAME` or `file:PATH`.
    """

    host: Annotated[str, Meta(min_length=1)]
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, Meta(pattern=r"^[^\s@]+@[^\s@]+$")]
    recipients: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]
    username: str = ""
    password: Secret | None = None
