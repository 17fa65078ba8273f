"""Where things lie in a clone."""

import os
import pwd
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATE = ROOT / ".rozana"
LOGS = STATE / "logs"
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}


def make_state() -> None:
    """Make `.rozana`, which only its owner reads; as root, others may pass through, for PostgreSQL does not run as root.

    PermissionError when it belongs to somebody else: their databases would refuse us, and ours them.
    """
    if not STATE.exists():
        STATE.mkdir()
        STATE.chmod(0o711 if os.geteuid() == 0 else 0o700)
    owner = STATE.stat().st_uid
    if owner != os.geteuid():
        raise PermissionError(f"{STATE} belongs to {_name_of(owner)}: run as that user, or delete it to start over")
    if not LOGS.exists():
        LOGS.mkdir(mode=0o700)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
