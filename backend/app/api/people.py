"""A customer and a member of staff, as they see themselves."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.accounts.models import Customer, Staff

CUSTOMER: dict[str, Any] = {
    "id": "01980a2f-0b1c-7d2e-8f30-4a5b6c7d8e9f",
    "kind": "consumer",
    "name": "Asha Rao",
    "phone": "+919876543210",
    "email": "asha@example.com",
}
STAFF: dict[str, Any] = {
    "id": "01980a2f-0b1c-7d2e-8f30-4a5b6c7d8ea0",
    "role": "support",
    "name": "Ravi",
    "email": "ravi@example.com",
}


class CustomerOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [CUSTOMER]})

    id: UUID
    kind: str
    name: str
    phone: str | None
    email: str | None

    @classmethod
    def of(cls, row: Customer) -> "CustomerOut":
        return cls(id=row.id, kind=row.kind, name=row.name, phone=row.phone, email=row.email)


class StaffOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [STAFF]})

    id: UUID
    role: str
    name: str
    email: str

    @classmethod
    def of(cls, row: Staff) -> "StaffOut":
        return cls(id=row.id, role=row.role, name=row.name, email=row.email)
