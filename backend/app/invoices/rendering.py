"""The document as a page: one self-contained file that a browser shows and prints on A4."""

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.invoices.paper import Paper

TEMPLATES = Path(__file__).parent / "templates"


def page(paper: Paper) -> str:
    """Everything a customer or a shop wrote is escaped."""
    return _environment().get_template("document.html").render(paper=paper)


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
