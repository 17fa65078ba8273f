"""The documentation page, from this very host: it opens offline, and no stranger's script runs beside a customer's cookies."""

from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import Response

PAGE, ASSETS = "/docs", "/docs/assets"
PACKAGE = "fastapi_swagger"  # carries Swagger UI's released files; its own routes are not used


def add_documentation(app: FastAPI) -> None:
    """Serve the page and its parts. Public, as the OpenAPI document is, and no operation of the API itself."""
    app.mount(ASSETS, StaticFiles(directory=str(files(PACKAGE) / "resources")), name="documentation")
    app.add_route(PAGE, _page, include_in_schema=False)


async def _page(request: Request) -> Response:
    root = request.scope.get("root_path", "").rstrip("/")
    return get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title="Rozana",
        swagger_js_url=f"{root}{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{root}{ASSETS}/favicon-32x32.png",
    )
