"""Every invariant there is. What is a promise of the database itself (a CHECK, a UNIQUE) cannot be broken and is not here."""

from collections.abc import Collection
from itertools import chain

from app.core.errors import NotFound
from app.insight.checks import (
    books,
    documents,
    fulfilment,
    holdings,
    money,
    orders,
    provider,
    recurring,
    refunds,
    settling,
    statements,
    stock,
    work,
)
from app.insight.checks.frame import Check

CHECKS: tuple[Check, ...] = tuple(
    chain(
        money.CHECKS,
        refunds.CHECKS,
        books.CHECKS,
        settling.CHECKS,
        holdings.CHECKS,
        provider.CHECKS,
        recurring.CHECKS,
        orders.CHECKS,
        fulfilment.CHECKS,
        documents.CHECKS,
        statements.CHECKS,
        stock.CHECKS,
        work.CHECKS,
    )
)
BY_NAME = {check.name: check for check in CHECKS}


class CheckNotFound(NotFound):
    """There is no such check."""

    code = "check_not_found"


def named(names: Collection[str]) -> list[Check]:
    """The checks of these names, in their own order; all of them where none is named. CheckNotFound says which there are."""
    if unknown := set(names) - BY_NAME.keys():
        raise CheckNotFound(f"there is no check {', '.join(sorted(unknown))}", allowed=sorted(BY_NAME))
    return [check for check in CHECKS if not names or check.name in names]
