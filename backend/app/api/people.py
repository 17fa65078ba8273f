"""A customer and a member of staff, as they see themselves."""

from uuid import UUID

from pydantic import BaseModel

from app.accounts.models import Customer, Staff


class CustomerOut(BaseModel):
    id: UUID
    kind: str
    name: str
    phone: str | None
    email: str | None

    @classmethod
    def of(cls, row: Customer) -> "CustomerOut":
        return cls(id=row.id, kind=row.kind, name=row.name, phone=row.phone, email=row.email)


class StaffOut(BaseModel):
    id: UUID
    role: str
    name: str
    email: str

    @classmethod
    def of(cls, row: Staff) -> "StaffOut":
        return cls(id=row.id, role=row.role, name=row.name, email=row.email)
