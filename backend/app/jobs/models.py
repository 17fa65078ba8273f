"""Signs of life of what runs by itself."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Heartbeat(SQLModel, table=True):
    """When a recurring thing of the whole installation last ran. Belongs to no store: it says nothing about any."""

    __tablename__ = "heartbeats"

    name: str = Field(primary_key=True, max_length=60)
    at: datetime
