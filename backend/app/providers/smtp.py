"""SMTP: e-mail through any mail server. Only the standard library; no receipts ever come back."""

import smtplib
import ssl
from contextlib import ExitStack
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formataddr

from app.core.errors import ProviderError, Rejected, Unavailable
from app.providers.calls import DEFAULT_TIMEOUTS, Timeouts, logged, uncertain
from app.providers.messages import OutgoingEmail, Sent

PROVIDER = "smtp"
TLS_PORT = 465  # TLS from the first byte; elsewhere STARTTLS where the server offers it


class Smtp:
    """One mail server. A connection is made for each message."""

    def __init__(
        self, host: str, port: int, username: str, password: str, from_email: str, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> None:
        self._host, self._port, self._username, self._password = host, port, username, password
        self._from_email, self._timeouts = from_email, timeouts

    def send(self, email: OutgoingEmail) -> Sent:
        """Hand the e-mail over. The provider id is the Message-ID header, made from our own id."""
        domain = self._from_email.rpartition("@")[2]
        header_id = f"<{email.message_id}@{domain}>"
        mail = _mail(email, self._from_email, header_id)
        with logged(PROVIDER, "send"):
            server = self._connect()
            try:
                server.send_message(mail)
            except smtplib.SMTPNotSupportedError as error:  # found out before anything was handed over
                raise Rejected(f"{PROVIDER}: the server takes ASCII addresses only", reason="invalid_recipient") from error
            except smtplib.SMTPRecipientsRefused as error:
                code = max(code for code, _ in error.recipients.values())
                raise _word_for_code(code) from error
            except smtplib.SMTPResponseException as error:
                raise _word_for_code(error.smtp_code) from error
            except OSError as error:  # SMTPException, TimeoutError and broken connections
                raise uncertain(f"{PROVIDER}: connection lost while sending", "connection_lost", reads=False) from error
            finally:
                server.close()  # the message is settled either way; waiting for QUIT could only spoil that
        return Sent(PROVIDER, header_id)

    def _connect(self) -> smtplib.SMTP:
        try:
            server = self._say_hello()
        except smtplib.SMTPAuthenticationError as error:
            raise Rejected(f"{PROVIDER} refused the sign-in", reason="unauthorised") from error
        except OSError as error:
            raise Unavailable(f"{PROVIDER} cannot be reached", reason="not_connected") from error
        return server

    def _say_hello(self) -> smtplib.SMTP:
        context, by_tls = ssl.create_default_context(), self._port == TLS_PORT
        with ExitStack() as on_failure:
            server: smtplib.SMTP = (
                smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeouts.connect, context=context)
                if by_tls
                else smtplib.SMTP(self._host, self._port, timeout=self._timeouts.connect)
            )
            on_failure.callback(server.close)
            if server.sock:
                server.sock.settimeout(self._timeouts.read)
            server.ehlo()
            if not by_tls and server.has_extn("starttls"):
                server.starttls(context=context)
            if self._username:
                server.login(self._username, self._password)
            on_failure.pop_all()
        return server


def _word_for_code(code: int) -> ProviderError:
    """A 4xx answer asks to come again, a 5xx one is final: either way the message was not taken."""
    word = Unavailable if 400 <= code < 500 else Rejected
    return word(f"{PROVIDER} answered {code}", reason=f"smtp_{code}")


def _mail(email: OutgoingEmail, from_email: str, header_id: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = formataddr((email.from_name or "", from_email))
    mail["To"] = _address(email.to)
    mail["Subject"] = email.subject
    mail["Message-ID"] = header_id
    mail.set_content(email.text)
    if email.html:
        mail.add_alternative(email.html, subtype="html")
    return mail


def _address(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except Exception as error:  # the parser's errors have no class in common; one of them is an AttributeError
        raise Rejected(f"{PROVIDER}: this is no address", reason="invalid_recipient") from error
