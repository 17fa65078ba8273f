"""Who issues a document: the store's legal details, from its GSTIN and `settings["invoices"]`, complete or refused by name."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from app.invoices.errors import LegalDetailsMissing
from app.invoices.rules import MAX_PREFIX_LENGTH, is_gstin
from app.invoices.states import state_name
from app.stores.models import Store

_FSSAI = re.compile(r"^[0-9]{14}$")
_PREFIX = re.compile(rf"^[A-Z0-9]{{0,{MAX_PREFIX_LENGTH}}}$")


@dataclass(frozen=True)
class Seller:
    """Frozen onto each document. Without a GSTIN the shop is not registered, and may charge no tax (section 32)."""

    legal_name: str
    trade_name: str
    address_lines: tuple[str, ...]
    state_code: str
    state_name: str
    gstin: str
    fssai: str
    phone: str
    email: str
    signature_name: str
    declaration: str
    prefix: str

    @property
    def frozen(self) -> dict[str, Any]:
        facts = asdict(self)
        del facts["prefix"]
        return facts | {"address_lines": list(self.address_lines)}


def seller_of(store: Store, *, charges_tax: bool) -> Seller:
    """LegalDetailsMissing names the first setting that is missing or wrong."""
    ours: dict[str, Any] = store.settings.get("invoices", {})
    lines = ours.get("address_lines", [])
    if not isinstance(lines, list) or not lines or not all(isinstance(line, str) and line.strip() for line in lines):
        raise _missing("invoices.address_lines", "lists the lines of the shop's address")
    seller = Seller(
        legal_name=_text(ours, "legal_name"),
        trade_name=store.name,
        address_lines=tuple(lines),
        state_code=store.state_code,
        state_name=state_name(store.state_code),
        gstin=store.gstin or "",
        fssai=_text(ours, "fssai"),
        phone=_text(ours, "phone"),
        email=_text(ours, "email") or store.contact_email,
        signature_name=_text(ours, "signature_name"),
        declaration=_text(ours, "declaration"),
        prefix=_text(ours, "prefix"),
    )
    _check(seller, charges_tax=charges_tax)
    return seller


def _check(seller: Seller, *, charges_tax: bool) -> None:
    if not seller.legal_name:
        raise _missing("invoices.legal_name", "is the name the shop is registered by")
    if charges_tax and not seller.gstin:
        raise _missing("gstin", "is needed to charge tax: only a registered shop may (section 32)")
    if seller.gstin and not (is_gstin(seller.gstin) and seller.gstin.startswith(seller.state_code)):
        raise _missing("gstin", f"is a valid GSTIN of the store's state {seller.state_code}")
    if seller.fssai and not _FSSAI.match(seller.fssai):
        raise _missing("invoices.fssai", "is a licence number of 14 digits")
    if not _PREFIX.match(seller.prefix):
        raise _missing("invoices.prefix", f"has at most {MAX_PREFIX_LENGTH} capitals and digits")


def _text(ours: dict[str, Any], name: str) -> str:
    return str(ours.get(name) or "").strip()


def _missing(setting: str, what: str) -> LegalDetailsMissing:
    return LegalDetailsMissing(f"the store's setting {setting} {what}; it is missing or wrong", setting=setting)
