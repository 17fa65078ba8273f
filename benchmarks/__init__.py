"""How fast it is, as ratios within one run; see `docs/performance.md`. Each benchmark is a module with `run(rig, plan)`."""

BENCHMARKS = {
    "checkout": "full orders, through HTTP and through the service, against the SQL that they cannot do without",
    "billing": "a billing run, against the SQL that it cannot do without and against a task for each subscription",
    "webhooks": "taking in a provider's events, against a bare route that does one INSERT",
}
