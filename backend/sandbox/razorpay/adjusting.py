"""Adjustments of the merchant's balance: what is neither a payment nor a refund, such as a lost dispute."""

from typing import Any

from sandbox.ids import razorpay_id
from sandbox.razorpay import treasury
from sandbox.razorpay.entities import Entity, insert
from sandbox.razorpay.happening import Happening


def adjust(happening: Happening, amount: int, description: str, dispute_id: str | None = None) -> Entity:
    """`amount` is negative where the merchant loses money. It shows in the settlement that comes next, nowhere else."""
    adjustment: dict[str, Any] = {
        "id": razorpay_id("adj"),
        "entity": "adjustment",
        "amount": amount,
        "currency": "INR",
        "description": description,
        "dispute_id": dispute_id,
        "created_at": happening.now,
    }
    treasury.move_balance(happening.db, happening.merchant.id, amount)
    return insert(happening.db, Entity(happening.merchant.id, "adjustment", None, adjustment))
