import base64
import hashlib
import hmac
import importlib
import json
import logging
from email import message_from_string, policy
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from hexdesk.plugin import AlertChannelContext, Secret
from hexdesk.ports.alerts import AlertChannel, AlertLevel, AlertMessage, Outcome
from hexdesk.testing.clock import FakeClock
from hexdesk_alerts.settings import (
    DingTalkSettings,
    DiscordSettings,
    FeishuSettings,
    MailSettings,
    SlackSettings,
    TelegramSettings,
    WebhookSettings,
    WeComSettings,
)
from tests.adapters.alerts.receiver import Receiver, http_receiver, smtp_receiver

NOW_S = 1_700_000_000
MESSAGE = AlertMessage(
    number=7, desk="demo", mode="live", level=AlertLevel.CRITICAL, code="HALTED", scope="desk",
    text="venue <gone> & @everyone", remedy="hexdesk status", count=3, trace_id="ab" * 16,
    ts_ns=NOW_S * 10**9,
)  # fmt: skip


def make(name: str, settings: Any) -> AlertChannel:
    (registration,) = importlib.import_module(f"hexdesk_alerts.{name}").hexdesk_alert_channels()
    assert registration.name == name
    assert isinstance(settings, registration.settings)
    context = AlertChannelContext(
        name=name, clock=FakeClock(NOW_S * 10**9), logger=logging.getLogger("test")
    )
    channel: AlertChannel = registration.factory(context, settings)
    return channel


async def deliver(channel: AlertChannel, receiver: Receiver) -> Any:
    try:
        delivery = await channel.send(MESSAGE)
    finally:
        await channel.close()
    assert delivery.outcome is Outcome.DELIVERED, delivery
    (request,) = receiver.requests
    assert request.headers["Content-Type"] == "application/json"
    return json.loads(request.body)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Secret:
    monkeypatch.setenv("ALERT_SECRET", "s3cr3t")
    return Secret("env:ALERT_SECRET")


def address(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Secret:
    monkeypatch.setenv("ALERT_URL", receiver.url)
    return Secret("env:ALERT_URL")


async def test_webhook_is_signed(monkeypatch: pytest.MonkeyPatch, secret: Secret) -> None:
    async with http_receiver() as receiver:
        settings = WebhookSettings(url=address(monkeypatch, receiver), secret=secret)
        body = await deliver(make("webhook", settings), receiver)
    request = receiver.requests[0]
    signed = f"{NOW_S}.".encode() + request.body
    wanted = hmac.new(b"s3cr3t", signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Hexdesk-Signature"] == f"sha256={wanted}"
    assert request.headers["X-Hexdesk-Timestamp"] == str(NOW_S)
    assert body["schema"] == "hexdesk.alert/1"
    assert (body["level"], body["code"], body["count"]) == ("critical", "HALTED", 3)
    assert body["time"] == "2023-11-14T22:13:20Z"
    assert b"s3cr3t" not in request.body


async def test_slack_gets_blocks_without_markup_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async with http_receiver() as receiver:
        settings = SlackSettings(url=address(monkeypatch, receiver))
        body = await deliver(make("slack", settings), receiver)
    assert body["text"].startswith("[CRITICAL] HALTED desk (live demo) x3")
    assert [block["type"] for block in body["blocks"]] == ["header", "section"]
    assert "venue &lt;gone&gt; &amp; @everyone" in body["blocks"][1]["text"]["text"]


async def test_discord_mentions_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with http_receiver() as receiver:
        settings = DiscordSettings(url=address(monkeypatch, receiver))
        body = await deliver(make("discord", settings), receiver)
    assert body["allowed_mentions"] == {"parse": []}
    (embed,) = body["embeds"]
    assert embed["timestamp"] == "2023-11-14T22:13:20Z"
    assert embed["color"] == 0xD32F2F


async def test_telegram_has_its_token_in_the_path(secret: Secret) -> None:
    async with http_receiver() as receiver:
        receiver.answer = {"ok": True}
        base = receiver.url.removesuffix("/hook/T0KEN")
        settings = TelegramSettings(token=secret, chat_id="-100", base_url=base)
        body = await deliver(make("telegram", settings), receiver)
    assert receiver.requests[0].path == "/bots3cr3t/sendMessage"
    assert body["chat_id"] == "-100"
    assert "parse_mode" not in body


async def test_feishu_is_signed_as_its_guide_says(
    monkeypatch: pytest.MonkeyPatch, secret: Secret
) -> None:
    """B17: title, content and level."""
    async with http_receiver() as receiver:
        receiver.answer = {"code": 0, "msg": "success"}
        settings = FeishuSettings(url=address(monkeypatch, receiver), secret=secret)
        body = await deliver(make("feishu", settings), receiver)
    key = f"{NOW_S}\ns3cr3t".encode()
    assert body["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert body["timestamp"] == str(NOW_S)
    assert body["msg_type"] == "interactive"
    assert body["card"]["header"]["template"] == "red"
    assert body["card"]["header"]["title"]["content"] == MESSAGE.title
    assert MESSAGE.text in body["card"]["elements"][0]["text"]["content"]


async def test_dingtalk_is_signed_in_its_address(
    monkeypatch: pytest.MonkeyPatch, secret: Secret
) -> None:
    async with http_receiver() as receiver:
        receiver.answer = {"errcode": 0, "errmsg": "ok"}
        receiver.url += "?access_token=T0KEN"
        settings = DingTalkSettings(url=address(monkeypatch, receiver), secret=secret)
        body = await deliver(make("dingtalk", settings), receiver)
        (request,) = receiver.requests
    text = f"{NOW_S * 1000}\ns3cr3t".encode()
    sign = base64.b64encode(hmac.new(b"s3cr3t", text, hashlib.sha256).digest()).decode()
    assert parse_qs(request.query) == {
        "access_token": ["T0KEN"], "timestamp": [str(NOW_S * 1000)], "sign": [sign],
    }  # fmt: skip
    assert body["msgtype"] == "text"
    assert body["text"]["content"].splitlines()[:2] == [MESSAGE.title, MESSAGE.text]
    assert body["at"] == {"isAtAll": False}


async def test_wecom_takes_a_text_of_bounded_length(monkeypatch: pytest.MonkeyPatch) -> None:
    long = msgspec.structs.replace(MESSAGE, text="风" * 900)
    async with http_receiver() as receiver:
        receiver.answer = {"errcode": 0, "errmsg": "ok"}
        channel = make("wecom", WeComSettings(url=address(monkeypatch, receiver)))
        delivery = await channel.send(long)
        await channel.close()
        body = json.loads(receiver.requests[0].body)
    assert delivery.outcome is Outcome.DELIVERED
    assert body["msgtype"] == "text"
    assert body["text"]["content"].startswith(MESSAGE.title)
    assert 2_040 < len(body["text"]["content"].encode()) <= 2_048


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"errcode": 310000, "errmsg": "sign not match"}, Outcome.REFUSED),
        ({"errcode": 130101, "errmsg": "send too fast"}, Outcome.FAILED),
        ({"errcode": 45009, "errmsg": "api freq out of limit"}, Outcome.FAILED),
        ({}, Outcome.REFUSED),
    ],
)
@pytest.mark.parametrize("name", ["dingtalk", "wecom"])
async def test_robots_say_in_the_body_whether_they_took_it(
    name: str, answer: dict[str, Any], outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with http_receiver() as receiver:
        receiver.answer = answer
        url = address(monkeypatch, receiver)
        settings = DingTalkSettings(url=url) if name == "dingtalk" else WeComSettings(url=url)
        channel = make(name, settings)
        delivery = await channel.send(MESSAGE)
        await channel.close()
    assert delivery.outcome is outcome


@pytest.mark.parametrize(
    ("name", "answer", "outcome"),
    [
        ("feishu", {"code": 19021, "msg": "sign match fail"}, Outcome.REFUSED),
        ("feishu", {"code": 11232, "msg": "frequency limited"}, Outcome.FAILED),
        ("telegram", {"ok": False, "description": "chat not found"}, Outcome.REFUSED),
    ],
)
async def test_a_refusal_in_the_body_is_one(
    name: str, answer: dict[str, Any], outcome: Outcome, monkeypatch: pytest.MonkeyPatch,
    secret: Secret,
) -> None:  # fmt: skip
    async with http_receiver() as receiver:
        receiver.answer = answer
        url = address(monkeypatch, receiver)
        base = receiver.url.removesuffix("/hook/T0KEN")
        settings = (
            FeishuSettings(url=url)
            if name == "feishu"
            else TelegramSettings(token=secret, chat_id="1", base_url=base)
        )
        channel = make(name, settings)
        delivery = await channel.send(MESSAGE)
        await channel.close()
    assert delivery.outcome is outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(500, Outcome.FAILED), (429, Outcome.FAILED), (404, Outcome.REFUSED), (302, Outcome.REFUSED)],
)
async def test_statuses_say_whether_to_try_again(
    status: int, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with http_receiver() as receiver:
        receiver.status, receiver.headers = status, {"Retry-After": "7"}
        channel = make("webhook", WebhookSettings(url=address(monkeypatch, receiver)))
        delivery = await channel.send(MESSAGE)
        await channel.close()
    assert delivery.outcome is outcome
    assert delivery.retry_after_s == (7.0 if outcome is Outcome.FAILED else 0.0)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/T0KEN", "no url T0KEN"])
async def test_no_failure_shows_the_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_URL", url)
    channel = make("slack", SlackSettings(url=Secret("env:ALERT_URL")))
    delivery = await channel.send(MESSAGE)
    await channel.close()
    assert delivery.outcome is not Outcome.DELIVERED
    assert "T0KEN" not in delivery.text


async def test_a_secret_that_is_not_set_is_worth_another_try() -> None:
    channel = make("slack", SlackSettings(url=Secret("env:ALERT_NOWHERE")))
    delivery = await channel.send(MESSAGE)
    assert delivery.outcome is Outcome.FAILED


def mail_settings(port: int) -> MailSettings:
    return MailSettings(
        host="127.0.0.1", port=port, security="none", sender="desk@example.org",
        recipients=("a@example.org", "b@example.org"),
    )  # fmt: skip


async def test_mail_arrives() -> None:
    async with smtp_receiver() as smtp:
        delivery = await make("mail", mail_settings(smtp.port)).send(MESSAGE)
    assert delivery.outcome is Outcome.DELIVERED
    mail = message_from_string(smtp.mails[0], policy=policy.default)
    assert mail["Subject"] == MESSAGE.title
    assert mail["X-Priority"] == "1"
    assert "venue <gone> & @everyone" in mail.get_content()
    assert len(smtp.recipients) == 2


@pytest.mark.parametrize(
    ("reply", "outcome"), [("451 later", Outcome.FAILED), ("550 never", Outcome.REFUSED)]
)
async def test_smtp_replies_say_whether_to_try_again(reply: str, outcome: Outcome) -> None:
    async with smtp_receiver(reply) as smtp:
        delivery = await make("mail", mail_settings(smtp.port)).send(MESSAGE)
    assert delivery.outcome is outcome


async def test_a_mail_server_that_is_down_is_worth_another_try() -> None:
    delivery = await make("mail", mail_settings(1)).send(MESSAGE)
    assert delivery.outcome is Outcome.FAILED
