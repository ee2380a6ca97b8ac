"""What each receiver wants to read. Pure: a message and the time give the body.

Sources: Slack "Incoming webhooks"; Discord "Execute Webhook"; Telegram Bot API "sendMessage";
Feishu Open Platform "Custom bot guide" (signature: base64 of HMAC-SHA256 with the key
timestamp, line break, secret over an empty text); DingTalk Open Platform "Custom robot access"
(signature: base64 of HMAC-SHA256 with the secret as key over timestamp, line break, secret); WeCom
"Group robot configuration".
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from hexdesk.ports.alerts import AlertLevel, AlertMessage

Body = dict[str, object]
DISCORD_LENGTH_MAX = 2_000
DINGTALK_BYTES_MAX = 20_000
WECOM_BYTES_MAX = 2_048
TELEGRAM_LENGTH_MAX = 4_096
RECOVERED_COLOR = 0x2E7D32
COLORS = {
    AlertLevel.INFO: 0x1976D2,
    AlertLevel.WARNING: 0xF9A825,
    AlertLevel.CRITICAL: 0xD32F2F,
    AlertLevel.EMERGENCY: 0x6A1B9A,
}
FEISHU_COLORS = {
    AlertLevel.INFO: "blue",
    AlertLevel.WARNING: "yellow",
    AlertLevel.CRITICAL: "red",
    AlertLevel.EMERGENCY: "purple",
}


def webhook(message: AlertMessage) -> Body:
    """Return our own form; fields are only ever added."""
    return {
        "schema": "hexdesk.alert/1",
        "number": message.number,
        "desk": message.desk,
        "mode": message.mode,
        "level": message.level.name.lower(),
        "code": message.code,
        "scope": message.scope,
        "title": message.title,
        "text": message.text,
        "remedy": message.remedy,
        "count": message.count,
        "is_recovery": message.is_recovery,
        "trace_id": message.trace_id,
        "time": iso(message.ts_ns),
    }


def webhook_signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return `sha256=` and the HMAC over `TIMESTAMP.BODY`, hexadecimal."""
    signed = f"{timestamp}.".encode() + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def slack(message: AlertMessage) -> Body:
    """Return an incoming webhook's body: text for notifications, blocks for the channel."""
    escaped = _escape(message.body)
    return {
        "text": _escape(message.title),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": message.title[:150]}},
            {"type": "section", "text": {"type": "mrkdwn", "text": escaped}},
        ],
    }


def discord(message: AlertMessage) -> Body:
    """Return a webhook's body; nobody is mentioned whatever the text says."""
    return {
        "content": message.title[:DISCORD_LENGTH_MAX],
        "embeds": [
            {
                "description": message.body[:DISCORD_LENGTH_MAX],
                "color": RECOVERED_COLOR if message.is_recovery else COLORS[message.level],
                "timestamp": iso(message.ts_ns),
            }
        ],
        "allowed_mentions": {"parse": []},
    }


def telegram(message: AlertMessage, chat_id: str) -> Body:
    """Return `sendMessage`'s parameters; plain text, so that nothing needs escaping."""
    return {
        "chat_id": chat_id,
        "text": f"{message.title}\n{message.body}"[:TELEGRAM_LENGTH_MAX],
        "disable_notification": message.level is AlertLevel.INFO,
        "link_preview_options": {"is_disabled": True},
    }


def feishu(message: AlertMessage, timestamp: int, secret: str) -> Body:
    """Return a custom bot's card, signed where there is a secret."""
    color = "green" if message.is_recovery else FEISHU_COLORS[message.level]
    body: Body = {
        "msg_type": "interactive",
        "card": {
            "header": {
                "title": {"tag": "plain_text", "content": message.title},
                "template": color,
            },
            "elements": [
                {"tag": "div", "text": {"tag": "plain_text", "content": message.body}},
                {
                    "tag": "note",
                    "elements": [{"tag": "plain_text", "content": iso(message.ts_ns)}],
                },
            ],
        },
    }
    if secret:
        body |= {"timestamp": str(timestamp), "sign": feishu_signature(timestamp, secret)}
    return body


def feishu_signature(timestamp: int, secret: str) -> str:
    """Return the signature of a custom bot: the key is what is signed, the text is empty."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def dingtalk(message: AlertMessage) -> Body:
    """Return a robot's text; nobody is mentioned."""
    return {
        "msgtype": "text",
        "text": {"content": _plain(message, DINGTALK_BYTES_MAX)},
        "at": {"isAtAll": False},
    }


def dingtalk_signature(timestamp_ms: int, secret: str) -> str:
    """Return the signature of a custom robot, to be escaped in its URL."""
    text = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def wecom(message: AlertMessage) -> Body:
    """Return a robot's text; nobody is mentioned."""
    return {"msgtype": "text", "text": {"content": _plain(message, WECOM_BYTES_MAX)}}


def _plain(message: AlertMessage, bytes_max: int) -> str:
    """Return title, body and time as text of at most so many bytes."""
    text = f"{message.title}\n{message.body}\n{iso(message.ts_ns)}"
    return text.encode()[:bytes_max].decode(errors="ignore")


def iso(ts_ns: int) -> str:
    """Return a time as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(ts_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _escape(text: str) -> str:
    """Return text in which Slack finds no link, mention or command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
