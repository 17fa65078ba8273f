"""Orders: through HTTP as customers make them, and through the service against the SQL that an order cannot do without."""

from benchmarks import buying, side_by_side
from benchmarks.figures import Plan, Report
from benchmarks.rig import Rig
from benchmarks.shop import open_shop


def run(rig: Rig, plan: Plan) -> Report:
    report = Report("checkout")
    rig.start_everything()
    buying.measure(rig, open_shop(rig, max(plan.clients), at_sandbox=True), plan, report)
    rig.stop_programs()
    side_by_side.measure(rig, plan, report)
    return report
