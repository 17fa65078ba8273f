"""Billing runs: against the SQL that they cannot do without, against a task for each subscription, larger and larger."""

from benchmarks import besides, one_by_one, run_and_floor
from benchmarks.figures import Plan, Report
from benchmarks.rig import Rig


def run(rig: Rig, plan: Plan) -> Report:
    report = Report("billing")
    run_and_floor.measure(rig, plan, report)
    one_by_one.measure(rig, plan, report)
    besides.measure(rig, plan, report)
    return report
