"""The HTTP below SendGrid's SDK, with a short limit on connecting and knowledge of whether anything was sent.

The SDK has one timeout for connecting and reading alike, and its errors do not tell a refused connection from a lost one.
"""

import functools
import http.client
import urllib.request
from typing import Any

import python_http_client

from app.providers.calls import Timeouts


class NotConnected(OSError):
    """The connection was never made, so nothing was sent."""


class ConnectingClient(python_http_client.Client):  # type: ignore[misc]  # untyped library
    """The SDK's client with our openers. It builds a new client per path segment, so ours must too."""

    def __init__(self, parent: Any, timeouts: Timeouts, url_path: list[str] | None = None) -> None:
        super().__init__(parent.host, parent.request_headers, parent._version, url_path, timeout=timeouts.read)
        self._timeouts = timeouts

    def _build_client(self, name: str | None = None) -> "ConnectingClient":
        return ConnectingClient(self, self._timeouts, [*self._url_path, name] if name else self._url_path)

    def _make_request(self, opener: Any, request: Any, timeout: float | None = None) -> Any:  # noqa: ARG002 - theirs is replaced
        own_opener = urllib.request.build_opener(_Http(self._timeouts), _Https(self._timeouts), _NoRedirects)
        return super()._make_request(own_opener, request, timeout=timeout)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """A redirected POST would become a GET."""


class _Http(urllib.request.HTTPHandler):
    def __init__(self, timeouts: Timeouts) -> None:
        super().__init__()
        self._connect = functools.partial(_Connection, timeouts)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connect, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, timeouts: Timeouts) -> None:
        super().__init__()
        self._connect = functools.partial(_TlsConnection, timeouts)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connect, req)


class _ConnectsQuickly(http.client.HTTPConnection):
    """Connects within `timeouts.connect`, then waits `timeouts.read` for each byte."""

    def __init__(self, timeouts: Timeouts, host: str, **options: Any) -> None:
        super().__init__(host, **{**options, "timeout": timeouts.connect})
        self._read_seconds = timeouts.read

    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise NotConnected(str(error)) from error
        self.sock.settimeout(self._read_seconds)


class _Connection(_ConnectsQuickly):
    """Plain HTTP: the sandbox on this machine."""


class _TlsConnection(_ConnectsQuickly, http.client.HTTPSConnection):
    """HTTPS: `super().connect()` is the TLS one."""
