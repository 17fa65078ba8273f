"""Settlements as the merchant's server sees them, and their lines day by day."""

from datetime import datetime, timedelta, timezone

from starlette.responses import JSONResponse, Response

from sandbox.razorpay import settling
from sandbox.razorpay.entities import collection, load, page
from sandbox.razorpay.errors import Razorpay, refused
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

INDIA = timezone(timedelta(hours=5, minutes=30))
MOST_LINES = 1000
DEFAULT_LINES = 10  # an assumption: the page gives only the limits


@wire.operation("settlements.list", "GET", "/v1/settlements")
def listing(work: Work) -> Response:
    return collection([one.wire for one in page(work.db, work.account.id, "settlement", work.call.query)])


@wire.operation("settlements.recon", "GET", "/v1/settlements/recon/combined")
def recon(work: Work) -> Response:
    """The lines of all settlements of a month, or of a day, by the calendar of India."""
    query = work.call.query
    since, before = _span(query.get("year", ""), query.get("month", ""), query.get("day"))
    count, skip = query.get("count", str(DEFAULT_LINES)), query.get("skip", "0")
    if not count.isdecimal() or not int(count):
        raise refused("The count must be at least 1.", field="count")
    if int(count) > MOST_LINES:
        raise refused(f"The count may not be greater than {MOST_LINES}.", field="count")
    if not skip.isdecimal():
        raise refused("The skip must be an integer.", field="skip")
    lines = settling.lines_between(work.db, work.account.id, since, before)
    return collection(lines[int(skip) : int(skip) + int(count)])


@wire.operation("settlements.fetch", "GET", "/v1/settlements/{settlement_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(load(work.db, work.account.id, "settlement", work.call.params["settlement_id"]).wire)


def _span(year: str, month: str, day: str | None) -> tuple[int, int]:
    """From the first instant to the one after the last, Unix seconds."""
    if not (year.isdecimal() and len(year) == 4 and int(year)):
        raise refused("The year must be 4 digits.", field="year")
    if not (month.isdecimal() and 1 <= int(month) <= 12):
        raise refused("The month is not a valid month.", field="month")
    first = datetime(int(year), int(month), 1, tzinfo=INDIA)
    if day is None:
        return int(first.timestamp()), int((first.replace(day=28) + timedelta(days=4)).replace(day=1).timestamp())
    if not (day.isdecimal() and len(day) <= 2 and 1 <= int(day) <= 31):
        raise refused("The day must be between 1 and 2 digits.", field="day")
    start = first + timedelta(days=int(day) - 1)
    return int(start.timestamp()), int((start + timedelta(days=1)).timestamp())
