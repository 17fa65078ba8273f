"""Documents against what they are about: numbers without gaps, totals that agree, one for each parcel and each credit."""

from app.insight.checks.frame import Check

_NEVER = (
    "An issued document never changes: find out who wrote to the tables, and tell the accountant before the month is reported."
)
_CHARGED = """
SELECT order_id, sum(total_amount) AS amount FROM documents WHERE original_document_id IS NULL GROUP BY order_id
"""

CHECKS = (
    Check(
        "document_gap",
        "Documents of a series and a financial year are numbered without a gap.",
        "documents",
        """SELECT NULL::uuid AS id, series, financial_year, CASE gstin WHEN '' THEN 'no GSTIN' ELSE gstin END AS gstin,
            max(serial) AS last, count(*) AS issued, NULL::bigint AS amount
        FROM documents GROUP BY gstin, series, financial_year HAVING max(serial) <> count(*)""",
        "Series {series} of {financial_year} ({gstin}) has reached number {last} with {issued} documents.",
        "A number is taken in the transaction that issues: find out who removed a document, and restore it.",
    ),
    Check(
        "document_lines",
        "A document comes to what its lines and its round-off come to.",
        "documents",
        """SELECT d.id, d.number, d.total_amount, l.amount + d.round_off_amount AS lines_amount,
            d.total_amount - d.round_off_amount - coalesce(l.amount, 0) AS amount
        FROM documents d LEFT JOIN (SELECT document_id, count(*) AS lines, sum(total_amount) AS amount,
            sum(CASE WHEN rate_bp > 0 THEN cgst_amount + sgst_amount + igst_amount ELSE 0 END) AS tax_amount
            FROM document_lines GROUP BY document_id) l ON l.document_id = d.id
        WHERE l.lines IS DISTINCT FROM d.line_count OR l.amount <> d.total_amount - d.round_off_amount
            OR l.tax_amount <> d.cgst_amount + d.sgst_amount + d.igst_amount""",
        "Document {number} is of {total_amount}, its lines come to {lines_amount}, or to another tax.",
        _NEVER,
    ),
    Check(
        "parcel_without_document",
        "What has left the shop has its document.",
        "shipments",
        """SELECT s.id, o.number, s.dispatched_at, NULL::bigint AS amount FROM shipments s JOIN orders o ON o.id = s.order_id
        WHERE s.status IN ('out_for_delivery', 'delivered')
            AND NOT EXISTS (SELECT FROM documents d WHERE d.shipment_id = s.id)""",
        "A parcel of order {number} went out at {dispatched_at} without a document.",
        "The repair issues it, dated today: dispatching does that, so find out how the parcel went out past it.",
        is_repaired=True,
    ),
    Check(
        "documents_of_order",
        "The documents of an order that went out whole charge what it cost.",
        "orders",
        f"""SELECT o.id, o.number, d.amount AS charged_amount, o.total_amount - coalesce(r.amount, 0) AS owed_amount,
            d.amount - o.total_amount + coalesce(r.amount, 0) AS amount
        FROM orders o JOIN ({_CHARGED}) d ON d.order_id = o.id
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM reductions WHERE document_id IS NULL GROUP BY order_id) r
            ON r.order_id = o.id
        WHERE o.status IN ('out_for_delivery', 'delivered') AND d.amount <> o.total_amount - coalesce(r.amount, 0)
            AND NOT EXISTS (SELECT FROM shipments s WHERE s.order_id = o.id AND s.status <> 'cancelled'
                AND NOT EXISTS (SELECT FROM documents of_parcel WHERE of_parcel.shipment_id = s.id))""",  # noqa: S608
        "The documents of order {number} charge {charged_amount}, and {owed_amount} was owed when it went out.",
        _NEVER,
    ),
    Check(
        "credit_note_missing",
        "What was taken off an issued document, and paid back, has its credit note.",
        "reductions",
        """SELECT r.id, o.number, d.number AS document, r.amount FROM reductions r
        JOIN orders o ON o.id = r.order_id JOIN documents d ON d.id = r.document_id
        WHERE NOT EXISTS (SELECT FROM documents note WHERE note.reduction_id = r.id)
            AND NOT EXISTS (SELECT FROM refunds f WHERE f.reduction_id = r.id AND f.status <> 'processed')""",
        "{amount} was taken off document {document} of order {number} and settled, without a credit note.",
        "The repair issues it, dated today. If the month of the document is reported already, tell the accountant.",
        is_repaired=True,
    ),
    Check(
        "credit_note_amount",
        "A credit note is of what was taken off.",
        "documents",
        """SELECT d.id, d.number, d.total_amount, r.amount AS reduction_amount, d.total_amount - r.amount AS amount
        FROM documents d JOIN reductions r ON r.id = d.reduction_id
        WHERE d.total_amount <> r.amount OR d.original_document_id IS DISTINCT FROM r.document_id""",
        "Credit note {number} is of {total_amount}, for {reduction_amount} that was taken off, or of another document.",
        _NEVER,
    ),
)
