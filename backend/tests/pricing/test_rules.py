"""What a basket costs, to the paisa."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.money import MAX_AMOUNT
from app.pricing.rules import ROUNDING, BasketLine, Taxed, Terms, price_basket, reprice


def line(amount: int, rate_bp: int = 500, quantity: int = 1, *, is_exempt: bool = False) -> BasketLine:
    return BasketLine(uuid4(), quantity, amount, rate_bp, is_exempt, "0405")


@st.composite
def lines(draw: st.DrawFn) -> BasketLine:
    is_exempt = draw(st.booleans())
    rate_bp = 0 if is_exempt else draw(st.one_of(st.sampled_from([0, 500, 1800, 4000]), st.integers(0, 10_000)))
    amount = draw(st.one_of(st.integers(1, 200_000), st.integers(1, MAX_AMOUNT // 99)))
    return BasketLine(UUID(int=draw(st.integers(0, 2**128 - 1))), draw(st.integers(1, 99)), amount, rate_bp, is_exempt, "1006")


baskets = st.lists(lines(), max_size=12)
terms = st.builds(
    Terms,
    includes_tax=st.booleans(),
    within_state=st.booleans(),
    shipping_amount=st.integers(0, 20_000),
    free_shipping_from_amount=st.none() | st.integers(0, 500_000),
    rounds_to_rupee=st.booleans(),
)


@settings(max_examples=500, deadline=None)
@given(baskets, terms)
def test_ac10_everything_adds_up_to_the_paisa(basket: list[BasketLine], terms: Terms) -> None:
    priced = price_basket(basket, terms)
    goods = [part.goods for part in priced.lines]
    assert priced.total_amount == sum(g.total_amount for g in goods) + priced.shipping_amount + priced.round_off_amount
    assert priced.tax_amount == sum(t.cgst_amount + t.sgst_amount + t.igst_amount for t in [*goods, priced.shipping])
    for taxed in [*goods, priced.shipping, *(part.shipping for part in priced.lines)]:
        assert taxed.total_amount == taxed.taxable_amount + taxed.tax_amount
        assert taxed.cgst_amount == taxed.sgst_amount
        assert not (taxed.cgst_amount and taxed.igst_amount)
        assert min(taxed.taxable_amount, taxed.cgst_amount, taxed.igst_amount) >= 0


@settings(max_examples=300, deadline=None)
@given(baskets, terms)
def test_ac10_a_line_costs_what_it_says_and_its_tax_is_its_rate(basket: list[BasketLine], terms: Terms) -> None:
    for part in price_basket(basket, terms).lines:
        amount = part.line.quantity * part.line.unit_amount
        assert (part.goods.total_amount if terms.includes_tax else part.goods.taxable_amount) == amount
        base = 10_000 + part.line.rate_bp if terms.includes_tax else 10_000
        off_by = abs(part.goods.tax_amount * base - amount * part.line.rate_bp)
        assert off_by <= base if terms.within_state else 2 * off_by <= base  # each rounded tax is at most half a paisa off
        assert not (part.line.is_exempt and part.goods.tax_amount)


@settings(max_examples=200, deadline=None)
@given(baskets, terms)
def test_ac10_the_stored_explanation_alone_re_computes_the_same_basket(basket: list[BasketLine], terms: Terms) -> None:
    priced = price_basket(basket, terms)
    assert reprice(json.loads(json.dumps(priced.explanation))) == priced


@given(baskets, terms)
def test_where_prices_include_tax_the_place_of_supply_changes_no_total(basket: list[BasketLine], terms: Terms) -> None:
    here = price_basket(basket, replace(terms, includes_tax=True, within_state=True))
    there = price_basket(basket, replace(terms, includes_tax=True, within_state=False))
    assert here.total_amount == there.total_amount


@pytest.mark.parametrize(
    ("amount", "rate_bp", "taxable", "half"),
    [
        (10_500, 500, 10_000, 250),  # ₹105 at 5 %: nothing to round
        (6_000, 500, 5_714, 143),  # 285.71 of tax: 142.857 a head, up
        (21, 500, 19, 1),  # exactly half a paisa a head: half up
        (20, 500, 20, 0),  # just below half
        (1, 4_000, 1, 0),
        (11_800, 1_800, 10_000, 900),
        (10_000, 0, 10_000, 0),
    ],
)
def test_tax_within_a_price_in_the_state(amount: int, rate_bp: int, taxable: int, half: int) -> None:
    goods = price_basket([line(amount, rate_bp)], Terms()).lines[0].goods
    assert goods == Taxed(taxable, half, half, 0)


def test_tax_within_a_price_from_another_state_is_rounded_once() -> None:
    goods = price_basket([line(6_000, 500)], Terms(within_state=False)).lines[0].goods
    assert goods == Taxed(5_714, igst_amount=286)
    odd = price_basket([line(5_991, 500)], Terms(within_state=False)).lines[0].goods
    assert odd == Taxed(5_706, igst_amount=285)  # an odd tax, which two equal heads could not be


def test_tax_is_put_on_prices_without_it() -> None:
    goods = price_basket([line(10_010, 500)], Terms(includes_tax=False)).lines[0].goods
    assert goods == Taxed(10_010, 250, 250)
    assert goods.total_amount == 10_510


def test_delivery_is_taxed_like_the_goods_it_brings() -> None:
    exempt, taxed = line(30_000, 0, is_exempt=True), line(10_000, 500)
    basket = price_basket([exempt, taxed], Terms(shipping_amount=4_000))
    assert [part.shipping.total_amount for part in basket.lines] == [3_000, 1_000]
    assert basket.lines[0].shipping.tax_amount == 0
    assert basket.lines[1].shipping == Taxed(952, 24, 24)
    assert basket.shipping_amount == 4_000


@pytest.mark.parametrize(("value", "expected"), [(49_999, 3_000), (50_000, 0), (50_001, 0)])
def test_delivery_is_free_from_the_threshold_on(value: int, expected: int) -> None:
    basket = price_basket([line(value)], Terms(shipping_amount=3_000, free_shipping_from_amount=50_000))
    assert basket.shipping_amount == expected
    assert any(step["rule"] == "free_shipping" for step in basket.explanation["steps"]) is (expected == 0)


@pytest.mark.parametrize(("value", "round_off"), [(10_049, -49), (10_050, 50), (10_099, 1), (10_000, 0)])
def test_round_off_to_the_rupee(value: int, round_off: int) -> None:
    basket = price_basket([line(value)], Terms(rounds_to_rupee=True))
    assert basket.round_off_amount == round_off
    assert basket.total_amount % 100 == 0


def test_what_is_worth_less_than_half_a_rupee_is_not_rounded_away() -> None:
    basket = price_basket([line(49)], Terms(rounds_to_rupee=True))
    assert (basket.total_amount, basket.round_off_amount) == (49, 0)


def test_an_empty_basket_costs_nothing_not_even_delivery() -> None:
    basket = price_basket([], Terms(shipping_amount=4_000, rounds_to_rupee=True))
    assert (basket.total_amount, basket.shipping_amount, basket.tax_amount) == (0, 0, 0)


def test_the_explanation_names_the_rounding_rule_and_every_line() -> None:
    item = line(6_000, quantity=2)
    told = price_basket([item], Terms()).explanation
    assert told["rounding"] == ROUNDING
    assert told["steps"][0]["variant_id"] == str(item.variant_id)
    assert (told["steps"][0]["total_amount"], told["steps"][0]["quantity"]) == (12_000, 2)


def test_an_explanation_of_an_unknown_rounding_rule_is_not_guessed_at() -> None:
    told = price_basket([line(6_000)], Terms()).explanation | {"rounding": "half-even-2"}
    with pytest.raises(ValueError, match="half-even-2"):
        reprice(told)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"unit_amount": -1},
        {"unit_amount": MAX_AMOUNT + 1},
        {"rate_bp": -1},
        {"rate_bp": 10_001},
    ],
)
def test_a_line_out_of_range_cannot_exist(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"line|rate"):
        replace(line(6_000), **wrong)


def test_exempt_goods_have_no_rate() -> None:
    with pytest.raises(ValueError, match="exempt"):
        line(6_000, 500, is_exempt=True)
