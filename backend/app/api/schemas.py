"""What several endpoints have in common on the wire."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

DryRun = Annotated[bool, Query(description="Answer exactly what the real call would, and change nothing")]


class RequestBody(BaseModel):
    """A request's body: a member it does not know is refused, so that nobody believes in a price or a status they sent."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class MoneyOut(BaseModel):
    """An amount in the smallest unit of its currency: 64900 is ₹649.00."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 64900, "currency": "INR"}]})

    amount: int = Field(description="paise")
    currency: str = Field(pattern="^[A-Z]{3}$")
