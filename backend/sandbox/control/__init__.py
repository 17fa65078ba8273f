"""The control API, outside the providers' paths: what tests and supervisors ask of the sandbox itself."""

from fastapi import APIRouter

from sandbox.control import behaviour, clocks, declare, happenings, mandates, money, records, refunds, subscriptions

router = APIRouter(prefix="/control")
for part in (declare, behaviour, clocks, happenings, refunds, money, mandates, subscriptions, records):
    router.include_router(part.router)
