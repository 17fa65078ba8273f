"""Every template: complete, escaped, short enough, and an error where something is missing."""

import re

import pytest

from app.notifications import templates
from app.notifications.errors import ContextIncomplete, UnknownTemplate
from app.notifications.rules import sms_segments
from app.notifications.templates import DIRECTORY, TEMPLATES, Branding, Rendered, RenderFailed, Template
from tests.notifications.contexts import CONTEXTS

BRANDING = Branding("Test Organics", "help@example.in", "https://shop.example/shop")
SECRETS = {"code": "123456"}
EVERY = pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: f"{template.name}-{template.channel}")
EMAILS = [template for template in TEMPLATES.values() if template.channel == "email"]


def secrets_of(template: Template) -> dict[str, str]:
    return {name: SECRETS[name] for name in template.secrets}


def render(template: Template, branding: Branding = BRANDING, **changed: object) -> Rendered:
    return templates.render(template, {**CONTEXTS[template.name], **secrets_of(template), **changed}, branding)


@EVERY
def test_a_template_is_complete_with_its_documented_context(template: Template) -> None:
    templates.check_context(template, CONTEXTS[template.name], secrets_of(template))
    words = render(template)
    assert words.text.strip()
    assert bool(words.subject) is bool(words.html) is (template.channel == "email")
    for part in (words.subject, words.text, words.html):
        assert "{{" not in part
        assert "None" not in part


@EVERY
def test_every_value_a_template_uses_is_asked_for_before_it_is_queued(template: Template) -> None:
    for name in CONTEXTS[template.name]:
        context = {key: value for key, value in CONTEXTS[template.name].items() if key != name}
        try:
            templates.check_context(template, context, secrets_of(template))
        except ContextIncomplete as refusal:
            assert refusal.facts["missing"] == [name]
        else:
            assert templates.render(template, {**context, **secrets_of(template)}, BRANDING), f"{name} is not used"


@EVERY
def test_a_value_of_the_wrong_kind_fails_to_render(template: Template) -> None:
    with pytest.raises(RenderFailed):
        templates.render(template, {}, BRANDING)


@pytest.mark.parametrize("template", EMAILS, ids=lambda template: template.name)
def test_an_email_needs_nothing_from_elsewhere(template: Template) -> None:
    html = render(template).html
    assert not re.search(r"<(script|link|img|style)\b|src=|@import|url\(", html), "mail clients drop or block it"
    links = re.findall(r'href="([^"]+)"', html)
    assert all(link.startswith(("https://shop.example/", "mailto:help@example.in")) for link in links)
    assert "Test Organics" in html


@pytest.mark.parametrize("template", EMAILS, ids=lambda template: template.name)
def test_a_store_without_storefront_or_address_sends_no_broken_links(template: Template) -> None:
    words = render(template, Branding("Test Organics", "", ""))
    assert not re.search(r'href="(?!https://shop\.example/pay/)', words.html), "a pay link is ours, whatever the storefront"
    assert "/#/" not in words.text


def test_what_customers_typed_is_escaped_in_html_and_plain_in_text() -> None:
    words = render(TEMPLATES["order_confirmation", "email"], customer_name="<script>alert(1)</script>")
    assert "<script>" not in words.html
    assert "&lt;script&gt;" in words.html
    assert "Mango &amp; &lt;b&gt;honey&lt;/b&gt;" in words.html
    assert "Mango & <b>honey</b>" in words.text


def test_a_subject_is_one_line() -> None:
    template = TEMPLATES["notice", "email"]
    words = templates.render(template, {"body": "x"}, BRANDING, subject="Hello\r\nBcc: everybody@example.in")
    assert words.subject == "Hello Bcc: everybody@example.in"


def test_money_is_exact_and_indian() -> None:
    words = render(TEMPLATES["order_confirmation", "email"], total_amount=1_23_45_678_05)
    assert "₹1,23,45,678.05" in words.text
    assert "Rs 12345678.05 " in render(TEMPLATES["order_confirmation", "sms"], total_amount=1_23_45_678_05).text


@pytest.mark.parametrize("name", [name for name, channel in TEMPLATES if channel == "sms"])
def test_an_sms_fits_into_one_part_of_gsm7(name: str) -> None:
    text = render(TEMPLATES[name, "sms"]).text
    assert sms_segments(text) == 1, text


CHANNELS = pytest.mark.parametrize("channel", ["email", "sms"])


@CHANNELS
def test_a_renewal_is_announced_with_what_when_and_until_when(channel: str) -> None:
    text = render(TEMPLATES["subscription_renewal_reminder", channel]).text
    for fact in ("178", "Monday, 23 November", "on 22 November", "until Sunday 20:00"):
        assert fact in text


@CHANNELS
def test_whoever_pays_at_the_door_hears_of_no_charge(channel: str) -> None:
    for name in ("subscription_renewal_reminder", "subscription_started"):
        words = render(TEMPLATES[name, channel], charged_on="")
        for part in (words.text, words.html):
            assert "charge" not in part
            assert "mandate" not in part
        assert "178" in words.text


@CHANNELS
def test_a_delivery_that_is_settled_does_not_promise_that_it_can_be_changed(channel: str) -> None:
    words = render(TEMPLATES["subscription_renewal_reminder", channel], change_until="")
    for part in (words.text, words.html):
        assert "until" not in part
        assert "Change" not in part


@CHANNELS
def test_a_delivery_left_out_says_why_and_that_it_costs_nothing(channel: str) -> None:
    template = TEMPLATES["delivery_skipped", channel]
    text = render(template).text
    assert "Friday, 4 December, because there was not enough Milk, 1 l. Nothing was charged" in text
    assert "Monday, 7 December" in text
    assert "Next" not in render(template, next_on="").text


@CHANNELS
@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("created", "is not approved"),
        ("rejected", "was not approved"),
        ("paused", "is paused"),
        ("cancelled", "was cancelled"),
        ("expired", "has expired"),
    ],
)
def test_a_mandate_that_does_not_work_is_named_with_the_way_to_put_it_right(status: str, said: str, channel: str) -> None:
    subscription_id = "01936b2e-7a4c-7b11-9c3d-8f2e6a1d4b90"
    template = TEMPLATES["subscription_action_needed", channel]
    text = render(template, mandate_status=status, subscription_id=subscription_id).text
    assert said in text
    assert f"https://shop.example/shop/#/subscriptions/{subscription_id}" in text
    assert channel == "email" or sms_segments(text) == 1


@CHANNELS
def test_a_mandate_that_works_needs_nobody(channel: str) -> None:
    with pytest.raises(RenderFailed):
        render(TEMPLATES["subscription_action_needed", channel], mandate_status="confirmed")


def test_the_narrow_space_of_a_time_does_not_double_the_price_of_an_sms() -> None:
    text = render(TEMPLATES["subscription_renewal_reminder", "sms"], charged_on="2 December, at 6:00\u202fam").text
    assert "2 December, at 6:00 am" in text
    assert sms_segments(text) == 1


def test_a_secret_given_as_a_plain_value_is_refused() -> None:
    otp = TEMPLATES["otp", "sms"]
    with pytest.raises(ContextIncomplete):
        templates.check_context(otp, {"minutes": 5, "code": "123456"}, {})
    with pytest.raises(ContextIncomplete):
        templates.check_context(TEMPLATES["notice", "sms"], {"body": "x"}, {"code": "123456"})


def test_an_unknown_template_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownTemplate) as refusal:
        templates.find("otp", "email")
    assert "welcome_user" in refusal.value.facts["allowed"]
    assert "otp" not in refusal.value.facts["allowed"]


def test_every_file_belongs_to_a_template() -> None:
    used = {file for template in TEMPLATES.values() for file in template.files}
    present = {path.relative_to(DIRECTORY).as_posix() for path in DIRECTORY.rglob("*.*")}
    assert present - used == {"emails/layout.html", "emails/parts.html"}
    assert used <= present


@pytest.mark.parametrize(
    ("to_be_paid", "words"),
    [("", "received your payment"), ("at_the_door", "when it comes"), ("on_account", "goes on your account")],
)
def test_a_confirmation_says_paid_only_of_what_is(to_be_paid: str, words: str) -> None:
    email = render(TEMPLATES["order_confirmation", "email"], to_be_paid=to_be_paid)
    sms = render(TEMPLATES["order_confirmation", "sms"], to_be_paid=to_be_paid)
    for text in (email.text, email.html):
        assert words in text
        assert ("Total paid" in text) is ("received your payment" in text) is (not to_be_paid)
    assert ("is paid" in sms.text) is (not to_be_paid)


def test_a_confirmation_that_an_older_release_queued_is_still_rendered() -> None:
    context = {name: value for name, value in CONTEXTS["order_confirmation"].items() if name != "to_be_paid"}
    assert "received your payment" in templates.render(TEMPLATES["order_confirmation", "email"], context, BRANDING).text


def test_a_request_to_pay_that_an_older_release_queued_is_still_rendered() -> None:
    context = {name: value for name, value in CONTEXTS["payment_due"].items() if name not in ("pay_url", "way")}
    assert "/#/orders/0199-order" in templates.render(TEMPLATES["payment_due", "sms"], context, BRANDING).text
    assert "by your mandate" in templates.render(TEMPLATES["payment_due", "email"], context, BRANDING).html
