"""Levels, movements, receipts and adjustments on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.api.fields import Line, OptionalLine
from app.api.schemas import RequestBody
from app.stock.list_queries import NamedLevel
from app.stock.models import MovementKind, StockMovement
from app.stock.queries import Level
from app.stock.rules import MAX_PIECES, MAX_RECEIPT_LINES, Reason

VARIANT_ID = "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11"
LEVEL: dict[str, Any] = {"variant_id": VARIANT_ID, "on_hand": 42, "reserved": 2, "available": 40}
NAMED_LEVEL: dict[str, Any] = LEVEL | {"sku": "GHEE-500ML", "name": "A2 Cow Ghee", "unit": "500 ml"}


class LevelOut(BaseModel):
    """Pieces on the shelf, how many of them are promised to orders, and how many are to be had."""

    model_config = ConfigDict(json_schema_extra={"examples": [LEVEL]})

    variant_id: UUID
    on_hand: int
    reserved: int
    available: int

    @classmethod
    def of(cls, level: Level) -> "LevelOut":
        return cls(**level._asdict(), available=level.available)


class NamedLevelOut(LevelOut):
    model_config = ConfigDict(json_schema_extra={"examples": [NAMED_LEVEL]})

    sku: str
    name: str
    unit: str

    @classmethod
    def named(cls, level: NamedLevel) -> "NamedLevelOut":
        return cls(**level._asdict(), available=level.available)


class LevelPage(BaseModel):
    """`next`: pass it as `after` for the page that follows; null: this is the last."""

    items: list[NamedLevelOut]
    next: str | None = Field(examples=["GHEE-500ML", None])


class MovementOut(BaseModel):
    """One change of a level, and the level after it. `adjust` and `count` may take away: their quantity has a sign."""

    id: UUID
    kind: MovementKind
    quantity: int
    on_hand_after: int
    reserved_after: int
    order_id: UUID | None
    cause: str
    happened_at: datetime

    @classmethod
    def of(cls, row: StockMovement) -> "MovementOut":
        names = {"id", "kind", "quantity", "on_hand_after", "reserved_after", "order_id", "cause"}
        return cls(**row.model_dump(include=names), happened_at=row.created_at)


class MovementPage(BaseModel):
    """`next`: pass it as `after` for the page that follows; null: this is the last."""

    items: list[MovementOut]
    next: UUID | None


class ReceivedLine(RequestBody):
    variant_id: UUID
    quantity: int = Field(strict=True, ge=1, le=MAX_PIECES, examples=[24])


class ReceiptIn(RequestBody):
    """What came in together. `note` says where from, e.g. the supplier's delivery note."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [{"variant_id": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11", "quantity": 24}],
                    "note": "Gokul Dairy, note 4711",
                }
            ]
        }
    )

    lines: list[ReceivedLine] = Field(min_length=1, max_length=MAX_RECEIPT_LINES)
    note: Line = Field(examples=["Gokul Dairy, note 4711"])

    @field_validator("lines")
    @classmethod
    def each_once(cls, lines: list[ReceivedLine]) -> list[ReceivedLine]:
        if len({line.variant_id for line in lines}) < len(lines):
            raise ValueError("name each variant once")
        return lines


class ReceiptOut(BaseModel):
    """The levels of what came in, as they are now."""

    levels: list[LevelOut]


class AdjustmentIn(RequestBody):
    """`change`: pieces more, or fewer. `damaged` and `expired` take away, `found` adds, `correction` does either."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "variant_id": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11",
                    "change": -2,
                    "reason": "damaged",
                    "note": "Two jars broke",
                }
            ]
        }
    )

    variant_id: UUID
    change: int = Field(strict=True, ge=-MAX_PIECES, le=MAX_PIECES, examples=[-2])
    reason: Reason
    note: OptionalLine = Field("", examples=["two jars broke"])
