"""What proves a session: an access token that names its holder, and the refresh tokens that follow each other."""

from dataclasses import dataclass

from app.accounts.models import Customer, LoginSession, Staff
from app.accounts.queries import PersonKind
from app.core.actor import Actor
from app.core.config import settings
from app.core.security import hash_token, sign_jwt


@dataclass(frozen=True)
class SignedIn:
    """What the device is given. The tokens are here in the clear, and nowhere else."""

    person: Customer | Staff
    session: LoginSession
    access_token: str
    refresh_token: str
    expires_in_seconds: int


def kind_of(person: Customer | Staff) -> PersonKind:
    return "staff" if isinstance(person, Staff) else "customer"


def actor_of(person: Customer | Staff) -> Actor:
    return Actor(kind_of(person), person.id, person.role if isinstance(person, Staff) else "customer")


def successor_of(row: LoginSession, secret: str) -> str:
    """The secret that follows `secret` in this session: the same one every time, and nobody's to guess without our key."""
    return hash_token(f"refresh:{row.id}:{secret}")


def hand_out(person: Customer | Staff, row: LoginSession, refresh_token: str) -> SignedIn:
    """The tokens for a session as it stands."""
    claims = {
        "sub": str(person.id),
        "kind": kind_of(person),
        "role": person.role if isinstance(person, Staff) else "",
        "store": str(row.store_id),
        "sid": str(row.id),
    }
    seconds = settings.access_token_seconds
    return SignedIn(person, row, sign_jwt(claims, seconds=seconds), refresh_token, seconds)
