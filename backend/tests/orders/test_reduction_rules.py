"""Parts of an amount: however it is taken apart, nothing is lost and no head goes below zero."""

import random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.orders.reduction_rules import amount_of_pieces, amount_of_weight, part_of
from app.pricing.rules import BasketLine, Taxed, Terms, price_basket

RATES = (0, 25, 300, 500, 1200, 1800, 4000, 10_000)
LINES = st.builds(
    lambda amount, rate, within, quantity: (
        price_basket([BasketLine(UUID(int=1), quantity, amount, rate, False, "0405")], Terms(within_state=within))
        .lines[0]
        .goods
    ),
    st.integers(1, 500_000),
    st.sampled_from(RATES),
    st.booleans(),
    st.integers(1, 99),
)


@settings(max_examples=300, deadline=None)
@given(LINES, st.data())
def test_ac08_parts_of_a_line_conserve_every_paisa_per_head(line: Taxed, data: st.DataObject) -> None:
    left = line
    while left.total_amount:
        amount = data.draw(st.one_of(st.integers(0, left.total_amount), st.integers(0, min(3, left.total_amount))))
        if amount == 0:
            amount = left.total_amount
        part = part_of(left, amount)
        left = left - part
        assert part.total_amount == amount
        assert min(vars(part).values()) >= 0
        assert min(vars(left).values()) >= 0
    assert left == Taxed()


@settings(max_examples=200, deadline=None)
@given(LINES, st.data())
def test_ac08_parts_of_a_rupee_or_more_have_equal_halves(line: Taxed, data: st.DataObject) -> None:
    left = line
    while left.total_amount >= 100:
        part = part_of(left, data.draw(st.integers(100, left.total_amount)))
        if left.total_amount - part.total_amount:
            assert part.cgst_amount == part.sgst_amount
        left = left - part
        assert left.cgst_amount == left.sgst_amount


@given(st.integers(0, 10**9), st.integers(1, 99), st.data())
def test_ac08_pieces_taken_one_after_another_cost_the_whole(amount: int, pieces: int, data: st.DataObject) -> None:
    left, paid = pieces, 0
    while left:
        taken = data.draw(st.integers(1, left))
        cost = amount_of_pieces(amount - paid, left, taken)
        assert 0 <= cost <= amount - paid
        left, paid = left - taken, paid + cost
    assert paid == amount


@given(st.integers(0, 10**9), st.integers(1, 100_000), st.integers(1, 200_000))
def test_goods_by_weight_never_cost_more_than_agreed(amount: int, ordered: int, packed: int) -> None:
    cost = amount_of_weight(amount, ordered, packed)
    assert 0 <= cost <= amount
    assert packed < ordered or cost == amount


@pytest.mark.proof
def test_ac08_a_hundred_thousand_stacks_of_refunds_end_at_exactly_nothing() -> None:
    chance = random.Random(20261121)
    for _ in range(100_000):
        basket = BasketLine(UUID(int=1), chance.randint(1, 20), chance.randint(1, 99_999), chance.choice(RATES), False, "0405")
        line = price_basket([basket], Terms(chance.random() < 0.8, chance.random() < 0.7)).lines[0].goods
        left, given = line, Taxed()
        while left.total_amount:
            part = part_of(left, chance.randint(1, left.total_amount))
            left, given = left - part, given + part
            assert given + left == line
            assert min(*vars(part).values(), *vars(left).values()) >= 0
        assert given == line
