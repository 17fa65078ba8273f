from app.core.errors import Conflict, NotFound


class DocumentNotFound(NotFound):
    """There is no such document, or it is not yours."""

    code = "document_not_found"


class LegalDetailsMissing(Conflict):
    """The shop's legal details are missing or wrong: without them no document may be issued. `setting` names which."""

    code = "legal_details_missing"


class HsnMissing(Conflict):
    """A line has no HSN code, so it cannot stand on a document."""

    code = "hsn_missing"


class TaxMisplaced(Conflict):
    """A line's taxes do not fit its rate or the place of supply: CGST and SGST within the state, IGST between states."""

    code = "tax_misplaced"


class NothingToIssue(Conflict):
    """A document needs at least one line."""

    code = "nothing_to_issue"


class NotOnDocument(Conflict):
    """A credit note can only reduce lines of the document it refers to."""

    code = "not_on_document"


class CreditExceedsDocument(Conflict):
    """More would be credited than the document charged and earlier credit notes left."""

    code = "credit_exceeds_document"


class StatementNotFound(NotFound):
    """There is no such statement, or it is not yours."""

    code = "statement_not_found"
