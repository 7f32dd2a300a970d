"""The page that shows the API, with assets from an installed package, so that it works without the internet."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

PACKAGE = "fastapi_offline"
ASSETS = "/docs/assets"


def install(app: FastAPI) -> None:
    """Serve the page at /docs; without the package of assets it loads them from FastAPI's default address."""
    folder = find_assets()
    if folder is not None:
        app.mount(ASSETS, StaticFiles(directory=folder), name="assets")

    async def docs() -> HTMLResponse:
        return _page(app, offline=folder is not None)

    app.add_api_route("/docs", docs, include_in_schema=False)


def find_assets() -> Path | None:
    """The folder of the assets; the package is not imported."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "static"
    return folder if (folder / "swagger-ui-bundle.js").is_file() else None


def _page(app: FastAPI, *, offline: bool) -> HTMLResponse:
    if not offline:
        return get_swagger_ui_html(openapi_url="/openapi.json", title=app.title)
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=app.title,
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
    )
