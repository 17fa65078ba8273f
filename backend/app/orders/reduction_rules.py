"""Taking an amount apart again, piece by piece: whatever is taken, the rest and the parts add up, per tax head, to the paisa.

Each part is taken in proportion from what is *left*, so the last one takes exactly the rest: no remainder rule is needed.
"""

from app.pricing.rules import Taxed


def amount_of_pieces(left_amount: int, pieces_left: int, pieces: int) -> int:
    """What `pieces` of the `pieces_left` cost together: the rest of the amount for the last of them, else their share, rounded
    down. ValueError for more pieces than there are, or none.
    """
    if not 0 < pieces <= pieces_left:
        raise ValueError(f"{pieces} of {pieces_left} pieces")
    return left_amount if pieces == pieces_left else left_amount * pieces // pieces_left


def amount_of_weight(amount: int, ordered_grams: int, packed_grams: int) -> int:
    """What goods priced for `ordered_grams` cost at the packed weight, half up: less for less, never more than was agreed."""
    return amount if packed_grams >= ordered_grams else (2 * amount * packed_grams + ordered_grams) // (2 * ordered_grams)


def part_of(left: Taxed, amount: int) -> Taxed:
    """`amount` of what is left, by tax head: none below zero or above what is left, CGST = SGST as far as both are there.

    ValueError for more than is left, or less than nothing.
    """
    total = left.total_amount
    if not 0 <= amount <= total:
        raise ValueError(f"{amount} of {total}")
    if amount == total:
        return left
    igst = _share(left.igst_amount, amount, total)
    half = _share(min(left.cgst_amount, left.sgst_amount), amount, total)
    if 2 * half + igst > amount:  # a paisa or two of which both halves would be more
        half -= 1
    taxable = amount - 2 * half - igst
    short = taxable - left.taxable_amount
    if short <= 0:
        return Taxed(taxable, half, half, igst)
    return _from_taxes(left, Taxed(left.taxable_amount, half, half, igst), short)


def _from_taxes(left: Taxed, part: Taxed, short: int) -> Taxed:
    """Of the taxable value nothing is left: what is short comes from the taxes, from CGST and SGST in turn."""
    igst = min(short, left.igst_amount - part.igst_amount)
    short -= igst
    cgst = min((short + 1) // 2, left.cgst_amount - part.cgst_amount)
    return part + Taxed(0, cgst, short - cgst, igst)


def _share(of: int, amount: int, total: int) -> int:
    """`of × amount / total`, half up."""
    return (2 * of * amount + total) // (2 * total)
