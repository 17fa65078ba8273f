"""Stock-takes on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import Session

from app.api.fields import Line, OptionalLine
from app.api.schemas import RequestBody
from app.stock import count_queries
from app.stock.count_models import StockCount
from app.stock.count_queries import CountedLine
from app.stock.rules import MAX_COUNT_LINES, MAX_PIECES


class CountOut(BaseModel):
    """A count and how far it is. `found` and `missing` are pieces, by the lines that were counted."""

    id: UUID
    status: Literal["open", "closed"]
    note: str
    opened_at: datetime
    closed_at: datetime | None
    lines: int
    counted: int
    different: int
    found: int
    missing: int

    @classmethod
    def of(cls, session: Session, count: StockCount) -> "CountOut":
        return cls(**count_facts(count), **count_queries.tally(session, count.id)._asdict())


class CountedLineOut(BaseModel):
    """`expected`: what was on hand by the books when the counted pieces were entered; null: not counted yet."""

    variant_id: UUID
    sku: str
    name: str
    unit: str
    expected: int | None
    counted: int | None
    difference: int | None
    counted_at: datetime | None

    @classmethod
    def of(cls, line: CountedLine) -> "CountedLineOut":
        return cls(
            variant_id=line.variant_id,
            sku=line.sku,
            name=line.name,
            unit=line.unit,
            expected=line.expected_quantity,
            counted=line.counted_quantity,
            difference=line.difference,
            counted_at=line.counted_at,
        )


class CountDetailOut(CountOut):
    """With a page of its lines by SKU. `next`: pass it as `after` for the page that follows; null: this is the last."""

    items: list[CountedLineOut]
    next: str | None


class CountSummaryOut(BaseModel):
    id: UUID
    status: Literal["open", "closed"]
    note: str
    opened_at: datetime
    closed_at: datetime | None


class CountPage(BaseModel):
    """`next`: pass it as `after` for the page that follows; null: this is the last."""

    items: list[CountSummaryOut]
    next: UUID | None


class CountIn(RequestBody):
    """What to count: these variants, or a category, or (neither named) everything that is sold or on the shelf."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"category": "Dairy", "note": "End of the quarter"}]})

    variant_ids: list[UUID] | None = Field(None, min_length=1, max_length=MAX_COUNT_LINES)
    category: Line | None = Field(None, examples=["Dairy"])
    note: OptionalLine = Field("", examples=["end of the quarter"])

    @model_validator(mode="after")
    def one_of_them(self) -> "CountIn":
        if self.variant_ids is not None and self.category is not None:
            raise ValueError("give either variant_ids or category")
        return self


class CountedIn(RequestBody):
    """Pieces on the shelf, those promised to orders included; packed ones have left it. null takes an entry back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"counted": 41}]})

    counted: int | None = Field(strict=True, ge=0, le=MAX_PIECES, examples=[41])


def count_facts(count: StockCount) -> dict[str, object]:
    return {**count.model_dump(include={"id", "status", "note", "closed_at"}), "opened_at": count.created_at}
