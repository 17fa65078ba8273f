"""Every path of the API that does not exist here: Razorpay answers 400, not 404."""

from starlette.responses import Response

from sandbox.razorpay.errors import Razorpay, refused
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())


def not_found(_work: Work) -> Response:
    raise refused("The requested URL was not found on the server.", source="NA", step="NA", reason="NA")


for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    wire.operation("unknown", method, "/v1/{path:path}")(not_found)
