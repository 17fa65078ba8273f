"""`python -m local.demo`: what the containers of the demo must know, made up once and kept in `.rozana`."""

import argparse
import os
import sys

from local import environment


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description="Write the settings of the demo's containers.")
    parser.add_argument("--api", required=True, help="the API's address, for browsers and containers alike")
    parser.add_argument("--sandbox", required=True, help="the sandbox's address, likewise")
    arguments = parser.parse_args()
    servers = environment.Servers(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
    environment.write(servers, {"BACKEND_URL": arguments.api, "SANDBOX_URL": arguments.sandbox})
    sys.stdout.write(f"Shop: {arguments.api}/shop/  Inbox: {arguments.sandbox}/inbox\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
