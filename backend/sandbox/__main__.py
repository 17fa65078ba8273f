"""`python -m sandbox --port 0 --state FILE [--config FILE.json] [--host ADDRESS]`: prints its URL when ready."""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from sandbox.config import Config
from sandbox.main import ForbiddenInProduction, serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A stand-in for Razorpay, SendGrid and Twilio.")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file to keep everything in")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="loopback unless you say otherwise (containers)")
    parser.add_argument("--config", type=Path, help="JSON file of accounts to declare at start")
    arguments = parser.parse_args()
    try:
        config = Config.model_validate_json(arguments.config.read_text(encoding="utf-8")) if arguments.config else None
        serve(arguments.state, host=arguments.host, port=arguments.port, config=config, ready=announce)
    except (ForbiddenInProduction, ValidationError, OSError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    return 0


def announce(url: str) -> None:
    """The one line a supervisor waits for."""
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
