"""Mail by SMTP. The standard library's client blocks, so each attempt has a thread of its own."""

import asyncio
import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.errors import ConfigError
from hexdesk.plugin import AlertChannelContext
from hexdesk.ports.alerts import AlertChannel, AlertLevel, AlertMessage, Delivery, Outcome
from hexdesk_alerts.http import DELIVERED, TEXT_MAX, secret_text
from hexdesk_alerts.settings import MailSettings

TIMEOUT_S = 5.0
TEMPORARY = range(400, 500)
"""SMTP replies after which another attempt makes sense (RFC 5321, section 4.2.1)."""


class MailChannel:
    """Sends each message as a mail of its own."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    async def send(self, message: AlertMessage, /) -> Delivery:
        """Try once."""
        return await asyncio.to_thread(self._send, message)

    async def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _send(self, message: AlertMessage) -> Delivery:
        try:
            with self._connect() as server:
                server.send_message(compose(message, self._settings))
        except ConfigError as error:
            return Delivery(Outcome.FAILED, str(error))
        except smtplib.SMTPAuthenticationError as error:
            return Delivery(Outcome.REFUSED, f"SMTP {error.smtp_code}: wrong user or password")
        except smtplib.SMTPResponseException as error:
            outcome = Outcome.FAILED if error.smtp_code in TEMPORARY else Outcome.REFUSED
            text = error.smtp_error
            shown = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
            return Delivery(outcome, f"SMTP {error.smtp_code} {shown}"[:TEXT_MAX])
        except smtplib.SMTPRecipientsRefused as error:
            return Delivery(Outcome.REFUSED, f"refused: {', '.join(error.recipients)}"[:TEXT_MAX])
        except (smtplib.SMTPException, OSError) as error:
            return Delivery(Outcome.FAILED, f"{type(error).__name__}: {error}"[:TEXT_MAX])
        return DELIVERED

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context()
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
        try:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.username:
                server.login(settings.username, secret_text(settings.password))
        except BaseException:
            server.close()
            raise
        return server


def compose(message: AlertMessage, settings: MailSettings) -> EmailMessage:
    """Return a message as a mail."""
    mail = EmailMessage()
    mail["Subject"] = message.title
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.recipients)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.ts_ns / NS_PER_SECOND, UTC))
    if message.level >= AlertLevel.CRITICAL:
        mail["X-Priority"] = "1"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    return mail


def make_mail(_context: AlertChannelContext, settings: MailSettings) -> AlertChannel:
    """Make a mail channel."""
    return MailChannel(settings)
