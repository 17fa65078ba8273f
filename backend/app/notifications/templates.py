"""The templates by name and channel, and how they become words. A value that a template needs and does not get is an error."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, meta, pass_context, select_autoescape
from jinja2.runtime import Context

from app.core.money import format_money
from app.notifications.errors import ContextIncomplete, UnknownTemplate

DIRECTORY = Path(__file__).parent / "templates"
PLAIN_SPACES = {0xA0: " ", 0x202F: " "}  # Babel's times have them; in an SMS one alone would more than halve its room
MASK = "••••••"  # stands for a secret in what is kept and shown


@dataclass(frozen=True, slots=True)
class Template:
    """`life`: how long after it was queued the message is still worth sending. `secrets`: context names that are encrypted."""

    name: str
    channel: str
    life: timedelta
    subject: str = ""
    version: int = 1  # raise it with every change of the words
    kind: str = "transactional"
    secrets: frozenset[str] = frozenset()
    is_urgent: bool = False  # goes before everything else in the queue

    @property
    def files(self) -> tuple[str, ...]:
        """The text first."""
        return (f"emails/{self.name}.txt", f"emails/{self.name}.html") if self.channel == "email" else (f"sms/{self.name}.txt",)


def _both(name: str, life: timedelta, subject: str, **more: Any) -> list[Template]:
    return [Template(name, "email", life, subject, **more), Template(name, "sms", life, **more)]


DAY = timedelta(days=1)
TEMPLATES = {
    (template.name, template.channel): template
    for template in [
        Template("otp", "sms", timedelta(minutes=5), secrets=frozenset({"code"}), is_urgent=True),
        *_both("order_confirmation", 3 * DAY, "Your order {{ order_number }} is confirmed", version=2, is_urgent=True),
        *_both("payment_failed", DAY, "Your payment for order {{ order_number }} did not go through", is_urgent=True),
        *_both("payment_due", 2 * DAY, "Please pay for order {{ order_number }}", version=2, is_urgent=True),
        *_both("order_cancelled", 2 * DAY, "Order {{ order_number }} is cancelled"),
        *_both("refund_sent", 3 * DAY, "{{ amount | money }} for order {{ order_number }} goes back to you"),
        *_both("order_shipped", 2 * DAY, "Your order {{ order_number }} is on its way"),
        *_both("subscription_started", 3 * DAY, "Your subscription has started"),
        *_both("subscription_renewal_reminder", DAY, "Your next delivery is on {{ delivers_on }}", version=2, kind="reminder"),
        *_both("delivery_skipped", 2 * DAY, "No delivery on {{ delivers_on }}"),
        *_both("delivery_differs", 2 * DAY, "Your delivery on {{ delivers_on }} is a little different"),
        *_both("subscription_action_needed", 3 * DAY, "Your subscription needs you: its mandate does not work"),
        Template("account_statement", "email", 7 * DAY, "Your statement of {{ month }}"),
        *_both("top_up_failed", 3 * DAY, "Your wallet was not topped up"),
        *_both("wallet_low", 2 * DAY, "Your wallet is too low for {{ needed_on }}"),
        Template("welcome_user", "email", 7 * DAY, "Welcome to {{ site_name }}"),
        Template("welcome_admin", "email", 7 * DAY, "You can now sign in to {{ site_name }}"),
        Template("checks_failed", "email", DAY, "Something does not add up at {{ site_name }}"),
        *_both("notice", 3 * DAY, "A message from {{ site_name }}"),
    ]
}


@dataclass(frozen=True, slots=True)
class Branding:
    """What every template may use of the store."""

    site_name: str
    contact_email: str
    frontend_url: str
    currency: str = "INR"

    def names(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Rendered:
    """Finished words; an SMS has no subject and no HTML."""

    subject: str
    text: str
    html: str


class RenderFailed(Exception):
    """A template and its context do not fit: trying again cannot help."""


def find(name: str, channel: str) -> Template:
    """UnknownTemplate names what there is instead."""
    try:
        return TEMPLATES[name, channel]
    except KeyError:
        allowed = sorted(known for known, its_channel in TEMPLATES if its_channel == channel)
        raise UnknownTemplate(f"there is no {channel} template {name!r}", field="template_name", allowed=allowed) from None


def check_context(template: Template, context: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """ContextIncomplete unless everything the template uses is given, and its secrets as secrets only."""
    missing = _needs(template) - context.keys() - secrets.keys()
    if missing:
        names = ", ".join(sorted(missing))
        raise ContextIncomplete(f"the template {template.name!r} also needs: {names}", field="context", missing=sorted(missing))
    if secrets.keys() != template.secrets or context.keys() & template.secrets:
        raise ContextIncomplete(
            f"the secrets of {template.name!r} are: {', '.join(sorted(template.secrets)) or 'none'}", field="secrets"
        )


def render(template: Template, context: Mapping[str, Any], branding: Branding, *, subject: str = "") -> Rendered:
    """The words. `subject` replaces the template's own. RenderFailed when a value is missing or of the wrong kind."""
    values = {**context, **branding.names()}
    try:
        texts = [_environment().get_template(file).render(values).strip() + "\n" for file in template.files]
        subject = subject or _environment().from_string(template.subject).render(values)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise RenderFailed(f"{template.name} ({template.channel}): {error}") from error
    if template.channel == "sms":
        return Rendered("", texts[0].strip().translate(PLAIN_SPACES), "")
    return Rendered(" ".join(subject.split()), texts[0], texts[1])  # a line break in a subject would forge a header


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(DIRECTORY),
        autoescape=select_autoescape(["html"], default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(money=_money, rupees=_rupees, paragraphs=_paragraphs)
    environment.globals["parts"] = environment.get_template("emails/parts.html").module  # the macros of all e-mails
    return environment


@functools.cache
def _needs(template: Template) -> frozenset[str]:
    """The names a template uses, in its files and its subject, less those every template has."""
    environment = _environment()
    sources = [(DIRECTORY / file).read_text(encoding="utf-8") for file in template.files] + [template.subject]
    names = {name for source in sources for name in meta.find_undeclared_variables(environment.parse(source))}
    return frozenset(names - set(Branding.__slots__) - environment.globals.keys())


@pass_context
def _money(context: Context, amount: int) -> str:
    return format_money(amount, context["currency"])


def _rupees(amount: int) -> str:
    """Digits only, for SMS: `₹` is outside GSM 7-bit and would more than halve what fits into a part."""
    rupees, paise = divmod(amount, 100)
    return f"{rupees}.{paise:02}" if paise else str(rupees)


def _paragraphs(text: str) -> list[str]:
    """Blank lines part paragraphs."""
    return [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
