"""`python -m local.command migrate | seed`: on the database that serves, else on the embedded one, started for it."""

import sys

from local import clone, environment, stack
from local.environment import Servers
from local.paths import LOGS, STATE, make_state
from local.postgres import EmbeddedPostgres
from local.processes import StartFailed
from local.progress import say

COMMANDS = {"migrate": stack.migrate, "seed": stack.seed}


def main() -> int:
    name, *arguments = sys.argv[1:]
    command = COMMANDS[name]
    try:
        make_state()
        if environment.given("DATABASE_URL") or clone.is_taken():
            command(*arguments)
        else:
            with clone.take(), EmbeddedPostgres(STATE / "postgres") as postgres:
                servers = Servers(postgres.url, environment.known("REDIS_URL"))
                environment.write(servers, environment.addresses())
                command(*arguments)
    except (StartFailed, clone.AlreadyRunning, OSError) as error:
        say(str(error))
        return 1
    log = (LOGS / f"{name}.log").read_text().splitlines()
    say(log[-1] if log else f"{name}: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
