"""Disputes as the merchant's server sees them."""

from starlette.responses import JSONResponse, Response

from sandbox.razorpay.disputing import with_evidence
from sandbox.razorpay.entities import collection, load, page
from sandbox.razorpay.errors import Razorpay
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())


@wire.operation("disputes.list", "GET", "/v1/disputes")
def listing(work: Work) -> Response:
    return collection([with_evidence(one) for one in page(work.db, work.account.id, "dispute", work.call.query)])


@wire.operation("disputes.fetch", "GET", "/v1/disputes/{dispute_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(with_evidence(load(work.db, work.account.id, "dispute", work.call.params["dispute_id"])))
