"""Invoices as the merchant's server sees them: fetch, and list by subscription."""

from starlette.responses import JSONResponse, Response

from sandbox.razorpay.entities import collection, load, page
from sandbox.razorpay.errors import Razorpay
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())


@wire.operation("invoices.list", "GET", "/v1/invoices")
def listing(work: Work) -> Response:
    """Also by `subscription_id`, `payment_id` and `type`."""
    conditions, values = "TRUE", []
    for name in ("subscription_id", "payment_id", "type"):
        if name in work.call.query:
            conditions += f" AND json_extract(wire, '$.{name}') = ?"
            values.append(work.call.query[name])
    found = page(work.db, work.account.id, "invoice", work.call.query, conditions, tuple(values))
    return collection([invoice.wire for invoice in found])


@wire.operation("invoices.fetch", "GET", "/v1/invoices/{invoice_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(load(work.db, work.account.id, "invoice", work.call.params["invoice_id"]).wire)
