"""Money in a wallet, and what must be true of it after whatever happened: for tests that spend it."""

from uuid import UUID

from sqlmodel import select

from app.core.actor import SYSTEM
from app.core.clock import machine_now
from app.core.work import unit_of_work
from app.ledger import service as ledger
from app.stores.models import Store
from app.wallets import moving, queries, service
from app.wallets.models import MAX_GOODWILL_AMOUNT, Wallet, WalletMovement


def fill(store: Store, customer_id: UUID, amount: int) -> None:
    """Put money into a wallet without going to the provider."""
    while amount:
        part = min(amount, MAX_GOODWILL_AMOUNT)
        with unit_of_work(store.id) as session:
            service.give(session, customer_id, part, "a gift", SYSTEM, machine_now())
        amount -= part


def balance(store: Store, customer_id: UUID) -> int:
    with unit_of_work(store.id) as session:
        wallet = queries.of_customer(session, customer_id)
        return wallet.balance_amount if wallet else 0


def wallets_add_up(store: Store) -> None:
    """Every wallet is what its movements make it, and what the ledger owes its customer."""
    with unit_of_work(store.id) as session:
        for wallet in session.exec(select(Wallet)):
            moved = session.exec(select(WalletMovement.amount).where(WalletMovement.wallet_id == wallet.id)).all()
            assert wallet.balance_amount == sum(moved) == -ledger.balance(session, moving.account_of(wallet.customer_id))
        assert ledger.balance(session, ledger.TOP_UPS) == 0
