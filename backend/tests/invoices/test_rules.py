"""Kinds, numbers, years, words and sums: pure, so by tables and by properties."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.money import MAX_AMOUNT
from app.invoices import rules, summing
from app.invoices.states import STATES, state_tax
from app.invoices.wording import figures, in_words, kilograms, percent
from app.pricing.rules import Taxed

PLACES = {"crore": 10**7, "lakh": 10**5, "thousand": 1000, "hundred": 100}
SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}


def read_number(words: str) -> int:
    """English words of an Indian number as a number: what `in_words` does, the other way round and another way."""
    total = part = 0
    for word in words.replace("-", " ").split():
        if word == "crore":
            total, part = (total + part) * PLACES[word], 0
        elif word == "hundred":
            part *= 100
        elif word in PLACES:
            total, part = total + part * PLACES[word], 0
        else:
            part += TENS.get(word) or SMALL.index(word)
    return total + part


@dataclass(frozen=True)
class Line:
    hsn: str
    rate_bp: int
    heads: Taxed


LINES = st.lists(
    st.builds(
        Line,
        st.sampled_from(["0401", "0405", "1806"]),
        st.sampled_from([0, 500, 1800]),
        st.builds(Taxed, *[st.integers(0, 10**7)] * 4),
    )
)


@pytest.mark.parametrize(
    ("rates", "kind"),
    [
        ([500], "tax_invoice"),
        ([500, 1800], "tax_invoice"),
        ([0], "bill_of_supply"),
        ([0, 0], "bill_of_supply"),
        ([0, 500], "invoice_cum_bill_of_supply"),
    ],
)
def test_ac46_the_kind_follows_from_the_rates(rates: list[int], kind: str) -> None:
    assert rules.kind_of(rates) == kind


def test_a_document_without_lines_is_of_no_kind() -> None:
    with pytest.raises(ValueError, match="without lines"):
        rules.kind_of([])


@pytest.mark.parametrize(
    ("kind", "prefix", "serial", "number"),
    [
        ("tax_invoice", "", 123, "INV/26-27/000123"),
        ("invoice_cum_bill_of_supply", "", 123, "INV/26-27/000123"),
        ("bill_of_supply", "", 1, "BOS/26-27/000001"),
        ("credit_note", "", 1, "CRN/26-27/000001"),
        ("tax_invoice", "BL", 7, "BLI/26-27/000007"),
        ("credit_note", "B", 7, "BC/26-27/000007"),
        ("tax_invoice", "", 999_999, "INV/26-27/999999"),
        ("tax_invoice", "", 1_000_000, "INV/2627/1000000"),
        ("tax_invoice", "B", 1_000_000, "BI/26-27/1000000"),
    ],
)
def test_ac46_the_number(kind: str, prefix: str, serial: int, number: str) -> None:
    assert rules.document_number(rules.series_of(kind, prefix), "2026-27", serial) == number


@given(st.sampled_from(sorted(rules.SERIES)), st.from_regex("^[A-Z0-9]{0,2}$", fullmatch=True), st.integers(1, 9_999_999))
def test_ac46_a_number_has_at_most_16_lawful_characters(kind: str, prefix: str, serial: int) -> None:
    number = rules.document_number(rules.series_of(kind, prefix), "2099-00", serial)
    assert len(number) <= 16
    assert set(number) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/")


def test_a_full_series_is_refused() -> None:
    with pytest.raises(ValueError, match="full"):
        rules.document_number("INV", "2026-27", 10_000_000)


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 3, 31), "2025-26"),
        (date(2026, 4, 1), "2026-27"),
        (date(2026, 12, 31), "2026-27"),
        (date(2027, 1, 1), "2026-27"),
        (date(2028, 2, 29), "2027-28"),
        (date(2099, 4, 1), "2099-00"),
    ],
)
def test_ac46_the_financial_year(day: date, year: str) -> None:
    assert rules.financial_year(day) == year


def test_ac46_the_date_is_indias() -> None:
    assert rules.date_in_india(datetime(2026, 3, 31, 18, 29, 59, tzinfo=UTC)) == date(2026, 3, 31)
    assert rules.date_in_india(datetime(2026, 3, 31, 18, 30, tzinfo=UTC)) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("gstin", "valid"),
    [
        ("27AAPFU0939F1ZV", True),
        ("29AAFCR0000Q1ZB", True),
        ("27AAPFU0939F1ZW", False),
        ("27AAPFU0939F1Z", False),
        ("27aapfu0939f1zv", False),
        ("", False),
    ],
)
def test_a_gstin_has_its_check_character(gstin: str, valid: bool) -> None:
    assert rules.is_gstin(gstin) is valid


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Rupees zero only"),
        (1, "Paise one only"),
        (100, "Rupee one only"),
        (150_050, "Rupees one thousand five hundred and fifty paise only"),
        (12_345_67, "Rupees twelve thousand three hundred forty-five and sixty-seven paise only"),
        (1_00_000_00, "Rupees one lakh only"),
        (
            1_23_45_678_09,
            "Rupees one crore twenty-three lakh forty-five thousand six hundred seventy-eight and nine paise only",
        ),
        (10_000_00_00_000_00, "Rupees ten thousand crore only"),
    ],
)
def test_amounts_in_words(amount: int, words: str) -> None:
    assert in_words(amount) == words


@given(st.integers(0, MAX_AMOUNT))
def test_the_words_say_the_amount(amount: int) -> None:
    words = in_words(amount).removesuffix(" only")
    if words.startswith("Paise "):
        assert read_number(words.removeprefix("Paise ")) == amount
        return
    rupees, _, paise = words.partition(" and ")
    assert read_number(rupees.partition(" ")[2]) * 100 + (read_number(paise.removesuffix(" paise")) if paise else 0) == amount


@given(st.integers(-MAX_AMOUNT, MAX_AMOUNT))
def test_figures_say_the_amount_in_indian_groups(amount: int) -> None:
    text = figures(amount)
    assert int(text.replace(",", "").replace(".", "").replace("−", "-")) == amount
    first, *groups = text.lstrip("−").partition(".")[0].split(",")
    assert 1 <= len(first) <= 3
    assert [len(group) for group in groups] == [2] * (len(groups) - 1) + [3] * bool(groups)


def test_rates_and_weights() -> None:
    assert [percent(rate) for rate in (500, 1800, 250, 25, 0)] == ["5 %", "18 %", "2.5 %", "0.25 %", "0 %"]
    assert [kilograms(grams) for grams in (940, 1000, 12_005)] == ["0.940 kg", "1.000 kg", "12.005 kg"]


@given(LINES)
def test_summaries_add_up_to_the_lines(lines: list[Line]) -> None:
    whole = sum((line.heads for line in lines), Taxed())
    by_rate, by_hsn = summing.sums_by_rate(lines), summing.sums_by_hsn(lines)
    assert sum((found.heads for found in by_rate), Taxed()) == whole == sum((found.heads for found in by_hsn), Taxed())
    assert len({found.rate_bp for found in by_rate}) == len(by_rate)
    assert len({(found.hsn, found.rate_bp) for found in by_hsn}) == len(by_hsn)


def test_the_states_half_of_the_tax_is_named_as_there() -> None:
    assert len(STATES) == 37
    assert [state_tax(code) for code in ("29", "07", "34", "04", "38")] == ["SGST", "SGST", "SGST", "UTGST", "UTGST"]
