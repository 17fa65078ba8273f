"""`scripts/bench NAME`: start everything, measure in rounds, tell it, and stop everything."""

import argparse
import os
import signal
import sys
from importlib import import_module

from benchmarks import BENCHMARKS
from benchmarks.figures import Plan, Report
from benchmarks.rig import Rig
from benchmarks.telling import show
from local.processes import StartFailed
from local.progress import say

INTERRUPTED = 130


def main() -> int:
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    os.umask(0o077)
    try:
        with Rig() as rig:
            report: Report = import_module(f"benchmarks.{arguments.name}").run(rig, arguments.plan)
    except StartFailed as failure:
        say(f"\n{failure}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    show(report, as_json=arguments.json)
    return 1 if report.errors else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Ratios within one run: other machines have other times.", epilog=_list()
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", choices=BENCHMARKS, metavar="NAME", help="what to measure, see below")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else on standard output")
    parser.add_argument("--clients", type=_numbers, default=(1, 8, 32), help="how many at once, one after another; 1,8,32")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measured stretch; 3")
    parser.add_argument("--rounds", type=int, default=5, help="how often each stretch comes; 5")
    parser.add_argument(
        "--due",
        type=_numbers,
        default=(10_000, 100_000),
        help="of billing: deliveries of a run, one after another; 10000,100000",
    )
    arguments = parser.parse_args()
    arguments.plan = Plan(arguments.clients, arguments.seconds, arguments.rounds, arguments.due)
    return arguments


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(word) for word in text.split(","))
    if not numbers or min(numbers) < 1:
        raise argparse.ArgumentTypeError("numbers above zero, with commas between them")
    return numbers


def _list() -> str:
    return "\n".join(f"  {name:<10} {what}" for name, what in BENCHMARKS.items())


if __name__ == "__main__":
    sys.exit(main())
