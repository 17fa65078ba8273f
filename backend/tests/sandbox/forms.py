"""Reading forms out of a page, as a browser without JavaScript would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: text or "" for name, text in attrs}
        if tag == "form":
            self.forms.append(Form(facts.get("action", ""), facts.get("method", "get")))
        chosen = facts.get("type") not in ("radio", "checkbox") or "checked" in facts
        if tag == "input" and facts.get("name") and self.forms and chosen:
            self.forms[-1].fields[facts["name"]] = facts.get("value", "")


def forms_in(page: str) -> list[Form]:
    parser = _Forms()
    parser.feed(page)
    return parser.forms
