"""A dearer price, and word of it to subscribers in time.

Up to a mandate's limit its customer has agreed already, and is told days before. Beyond it nothing is debited: such a delivery
is asked for by a link, which the customer pays or leaves alone, until they approve a mandate of a higher limit. What a
provider charges by itself stays what it was; the difference is asked for too. Nobody is charged more than they agreed to.
"""

from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from app.catalog import repricing
from app.catalog import service as catalog
from app.catalog.models import Product
from app.catalog.price_models import PriceChange
from app.core.actor import Actor
from app.stores import service as stores
from app.stores.models import Store
from app.subscriptions import calendar_queries, notifying, price_effects
from app.subscriptions.errors import PriceChangeTooSoon
from app.subscriptions.planning import Calendar
from app.subscriptions.price_effects import Effect

NOTICE_DAYS = 7  # unless the store's settings say otherwise: time enough to skip, to change, or to end it


def announce(
    session: Session,
    product: Product,
    variant_id: UUID,
    amount: int,
    mrp_amount: int | None,
    effective_on: date,
    *,
    actor: Actor,
    calendar: Calendar,
) -> tuple[PriceChange, Effect]:
    """Another price from a day on; subscribers are told by the next run, days before. Safe to repeat.

    PriceChangeTooSoon for a dearer one that subscribers could not be told of in time; VariantNotFound, PriceInvalid.
    """
    store = stores.get(session)
    before = next(iter(catalog.sellable(session, [variant_id], calendar.today)), None)
    is_dearer = before is not None and amount > before.amount
    repricing.check_product(session, product.id, variant_id)
    change = repricing.announce(session, variant_id, amount, mrp_amount, effective_on, today=calendar.today, actor=actor)
    effect = price_effects.effect_of(session, store, change, calendar)
    # A day more than the notice: it goes out within the hour, and whole days of it are promised.
    days = notice_days(store) + 1 if is_dearer and effect.subscriptions else 0
    if effective_on < (earliest := calendar.today + timedelta(days=days)):
        raise PriceChangeTooSoon(field="effective_on", earliest=earliest.isoformat(), subscriptions=effect.subscriptions)
    return change, effect


def notice_due(session: Session, calendar: Calendar) -> int | None:
    """Tell a chunk of the customers of an announced price, once each; how many. Call again until it is None. Locks it."""
    change = repricing.untold(session)
    if change is None:
        return None
    count = 0
    store = stores.get(session)
    page = calendar_queries.live_with(session, change.variant_id, change.told_until, price_effects.PAGE)
    if change.effective_on > calendar.today:  # else it is no news any more
        before = price_effects.goods_on(session, {change.variant_id}, change.effective_on - timedelta(days=1)).get(
            change.variant_id
        )
        for told in price_effects.all_of(session, store, change, page, calendar):
            if before is not None and before.amount != change.amount:
                count += 1
                notifying.price_changes(session, told.subscription, change, before, told.amount, told.limit, told.needs_consent)
    change.told_until = page[-1].id if page else change.told_until
    change.noticed_at = None if page else calendar.now
    session.add(change)
    session.flush()
    return count


def notice_days(store: Store) -> int:
    given = store.settings.get("subscriptions", {}).get("price_notice_days", NOTICE_DAYS)
    return given if isinstance(given, int) and 0 <= given <= 90 else NOTICE_DAYS
