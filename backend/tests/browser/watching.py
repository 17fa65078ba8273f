"""What must not happen while somebody shops."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

INLINE = ("about", "blob", "data")  # never leave the browser


class Watch:
    """Notes errors in the console and in scripts, and requests to anybody but the servers named."""

    def __init__(self, context: BrowserContext, *servers: str) -> None:
        self.servers = {urlsplit(server).netloc for server in servers}
        self.errors: list[str] = []
        self.strangers: list[str] = []
        context.on("console", self._console)
        context.on("weberror", self._script)
        context.on("request", self._request)

    def forgive(self, part: str) -> None:
        """Take out the one error that a test provoked; fails unless there is exactly one that contains `part`."""
        meant = [error for error in self.errors if part in error]
        assert len(meant) == 1, f"expected one error with {part!r}, noted: {self.errors}"
        self.errors.remove(meant[0])

    def check(self) -> None:
        assert not self.errors, self.errors
        assert not self.strangers, self.strangers

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "assert"):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _script(self, error: WebError) -> None:
        self.errors.append(str(error.error))

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in INLINE and address.netloc not in self.servers:
            self.strangers.append(request.url)
