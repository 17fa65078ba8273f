"""`scripts/run`: start everything, play the story, keep serving until Ctrl-C."""

import argparse
import os
import signal
import sys
import threading
import time

from local import clone, environment, stack
from local.paths import STATE, make_state
from local.preparation import prepare
from local.processes import StartFailed
from local.progress import say, step
from local.shop_clock import Admin
from local.story import play
from local.supervisor import Supervisor
from local.telling import Ending, Telling

WATCH_SECONDS = 0.2
INTERRUPTED = 130


def main() -> int:
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    os.umask(0o077)  # what our servers write, keys and customers included, is nobody else's to read
    telling = Telling(as_json=arguments.json)
    try:
        make_state()
        with clone.take():
            return _run(arguments, telling)
    except clone.AlreadyRunning as other:
        say(f"{other}, " + ("and serves here:" if other.urls else "and is still starting."))
        telling.end(Ending(ok=False, steps=[]), other.urls, error=str(other))
        return 1 if arguments.once or arguments.json else 0
    except (StartFailed, OSError) as error:
        say(f"\n{error}\nLogs: {STATE / 'logs'}")
        telling.end(Ending(ok=False, steps=[]), {}, error=str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/run", description="Start Rozana on this machine and play its story.")
    parser.add_argument("--once", action="store_true", help="end after the story; status 0 only if every step held")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else on standard output")
    parser.add_argument("--fresh", action="store_true", help="start over: delete the data of this clone")
    return parser.parse_args()


def _run(arguments: argparse.Namespace, telling: Telling) -> int:
    if arguments.fresh:
        clone.start_over()
    supervisor = Supervisor(say)
    status = INTERRUPTED  # unless the story has ended
    try:
        values = _start(supervisor)
        urls = stack.urls(values)
        clone.note_serving(urls)
        ending = _play(supervisor, telling, values)
        telling.end(ending, urls, files={"staff": str(environment.ADMIN_FILE)})
        status = 0 if ending.ok or not arguments.once else 1
        if arguments.once:
            return status
        say("Serving until Ctrl-C.")
        while True:
            supervisor.watch()
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        say()
        return status
    finally:
        _stop(supervisor)


def _start(supervisor: Supervisor) -> dict[str, str]:
    servers = stack.start_servers(supervisor)
    values = environment.write(servers, environment.addresses())
    prepare(servers.database_url)
    with step("Starting API, workers, beat and sandbox"):
        return stack.start_programs(supervisor, servers, values)


def _play(supervisor: Supervisor, telling: Telling, values: dict[str, str]) -> Ending:
    """Play the story in a thread of its own: only this one may restart what dies meanwhile."""
    endings: list[Ending] = []
    known = environment.admin()
    admin = Admin(known["ROZANA_ADMIN_EMAIL"], known["ROZANA_ADMIN_PASSWORD"])
    player = threading.Thread(target=lambda: endings.append(play(values, admin, telling)), name="story", daemon=True)
    player.start()
    while player.is_alive():
        supervisor.watch()
        player.join(WATCH_SECONDS)
    return endings[0] if endings else Ending(ok=False, steps=[])


def _stop(supervisor: Supervisor) -> None:
    """In order and quietly; a second Ctrl-C ends us at once, and the kernel the rest."""

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))
    clone.forget_serving()
    with step("Stopping"):
        supervisor.stop()


if __name__ == "__main__":
    sys.exit(main())
