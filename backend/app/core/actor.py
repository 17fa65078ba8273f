"""Who does a thing: the one value every service takes and every audit entry keeps."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

ActorKind = Literal["customer", "staff", "guest", "provider", "system"]


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts; `label` is for people (a role, a provider, a task), never a personal value."""

    kind: ActorKind
    id: UUID | None = None
    label: str = ""


SYSTEM = Actor("system", label="system")


def provider(name: str) -> Actor:
    """The actor of what a provider told us (a webhook, a fetched payment)."""
    return Actor("provider", label=name)
