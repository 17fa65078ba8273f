"""Time: what waits for an account's clock happens when the clock gets there, to that account alone."""

import time
from pathlib import Path

import pytest

from sandbox.main import running
from sandbox.razorpay.cycles import cycle_of, is_peak
from tests.sandbox.household import DAY, HOUR, START, Household
from tests.sandbox.polling import eventually
from tests.sandbox.receiver import Receiver
from tests.sandbox.world import World


@pytest.fixture
def home(world: World) -> Household:
    return Household(world)


def test_nothing_waits_at_first(world: World) -> None:
    assert world.get("/control/clock", account=world.key_id)["next_at"] is None
    assert world.get("/control/clock")["next_at"] is None


def test_a_moved_clock_has_done_its_work_before_it_answers(home: Household) -> None:
    home.banks(token_delay_seconds=3 * HOUR)
    token_id = home.mandate()
    at = home.next_at()
    assert at is not None
    assert 0 <= at - START - 3 * HOUR < 60
    answer = home.clock(at)
    assert (answer["now"], answer["next_at"]) == (at, None)
    assert home.types()[-1] == "token.confirmed"
    assert home.token(token_id)["recurring_details"]["status"] == "confirmed"


def test_time_that_passes_by_itself_does_it_too(home: Household) -> None:
    home.banks(token_delay_seconds=1)
    token_id = home.mandate()
    eventually(lambda: home.token(token_id)["recurring_details"]["status"] == "confirmed")
    assert home.next_at() is None


def test_what_is_due_happens_in_order_each_at_its_own_instant(home: Household) -> None:
    home.banks(notification_seconds=2 * HOUR)
    slow, quick = home.mandate("card"), home.mandate("card")
    first = home.noticed(slow)
    home.banks(notification_seconds=HOUR)
    second = home.noticed(quick)
    before = len(home.types())
    home.clock(START + 10 * DAY)
    told = [event["body"]["payload"]["notification"]["entity"] for event in home.world.events()[before:]]
    assert [notice["order_id"] for notice in told] == [second["id"], first["id"]]
    assert [round((notice["delivered_at"] - START) / HOUR) for notice in told] == [1, 2]


def test_one_jump_passes_every_instant_on_its_way(home: Household) -> None:
    """The shop cancels while a debit is under way: the cancellation comes first, so the debit fails."""
    home.banks(cancel_seconds=DAY)
    token_id = home.mandate()
    home.debit(home.world.order(25_000), token_id)
    home.world.razorpay.token.cancel(home.customer["id"], token_id)
    before = len(home.types())
    home.clock(START + 30 * DAY)
    assert home.types()[before:] == ["token.cancelled", "payment.failed"]
    assert home.next_at() is None


def test_the_clock_of_one_account_does_not_touch_another(home: Household) -> None:
    other_world = World(home.world.url, home.world.receiver)
    try:
        other = Household(other_world)
        for one in (home, other):
            one.banks(token_delay_seconds=DAY)
        mine, theirs = home.mandate(), other.mandate()
        before, their_clock = other.types(), other.world.get("/control/clock", account=other.world.key_id)
        home.clock(START + 5 * DAY)
        assert home.token(mine)["recurring_details"]["status"] == "confirmed"
        assert other.token(theirs)["recurring_details"]["status"] == "initiated"
        after = other.world.get("/control/clock", account=other.world.key_id)
        assert (after["next_at"], after["offset_seconds"], other.types()) == (
            their_clock["next_at"], their_clock["offset_seconds"], before,
        )  # fmt: skip
    finally:
        other_world.close()


def test_offsets_may_be_fractions_and_reach_their_instant_exactly(home: Household) -> None:
    home.banks(token_delay_seconds=DAY)
    home.mandate()
    at = home.next_at()
    assert at is not None
    setting = {"account": home.world.key_id, "offset_seconds": at - time.time() - 0.75}
    answer = home.world.put("/control/clock", setting)
    assert answer["offset_seconds"] == setting["offset_seconds"]
    assert answer["now"] in (at - 1, at)
    eventually(lambda: home.types()[-1] == "token.confirmed")
    assert home.world.events()[-1]["body"]["created_at"] == at


def test_everybodys_clock_moves_all_who_have_none_of_their_own(tmp_path: Path, receiver: Receiver) -> None:
    with running(tmp_path / "state.sqlite") as url:
        world, other = World(url, receiver), World(url, receiver)
        own = Household(other)
        own.banks(token_delay_seconds=DAY)
        own_token = own.mandate()
        world.put("/control/razorpay/mandates", {"account": world.key_id, "token_delay_seconds": DAY})
        customer = world.razorpay.customer.create({"name": "Ravi Kumar"})
        order = world.order(100, customer_id=customer["id"], method="upi",
                            token={"max_amount": 1000, "frequency": "daily"})  # fmt: skip
        token_id = world.pay(order["id"], recurring=True)["token_id"]
        world.put("/control/clock", {"offset_seconds": 2 * DAY})
        assert world.razorpay.token.fetch(customer["id"], token_id)["recurring_details"]["status"] == "confirmed"
        assert own.token(own_token)["recurring_details"]["status"] == "initiated"
        world.close()
        other.close()


def test_what_waits_survives_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    state = tmp_path / "state.sqlite"
    with running(state) as url:
        world = World(url, receiver)
        home = Household(world)
        home.banks(token_delay_seconds=DAY)
        token_id, at = home.mandate(), home.next_at()
        world.close()
    with running(state) as url:
        again = World(url, receiver, world.tag)
        assert again.get("/control/clock", account=again.key_id)["next_at"] == at
        again.put("/control/clock", {"account": again.key_id, "now": at})
        token = again.razorpay.token.fetch(home.customer["id"], token_id)
        assert token["recurring_details"]["status"] == "confirmed"
        again.close()


def test_quiet_counts_what_is_under_way_and_not_what_waits_for_another_try(home: Household) -> None:
    def under_way() -> int:
        return int(home.world.get("/control/quiet", account=home.world.key_id)["deliveries"])

    assert under_way() == 0
    home.world.webhooks(retry_seconds=[3600.0])
    home.world.receiver.silent.set()
    home.mandate()
    home.world.receiver.wait(4)
    assert under_way() == 4
    home.world.receiver.silent.clear()
    eventually(lambda: under_way() == 0)
    home.world.receiver.statuses = [500] * 4
    home.mandate()
    home.world.receiver.wait(8)
    eventually(lambda: under_way() == 0)
    states = {delivery["state"] for event in home.world.events()[4:] for delivery in event["deliveries"]}
    assert states == {"due"}


def test_a_shops_accounts_are_moved_and_asked_together(home: Household) -> None:
    world = home.world
    accounts = [world.key_id, world.account_sid]
    moved = world.put("/control/clock", {"account": accounts, "offset_seconds": 5 * DAY})
    for account in accounts:
        clock = world.get("/control/clock", account=account)
        assert (clock["offset_seconds"], clock["next_at"]) == (5 * DAY, moved["next_at"])
    assert world.http.put("/control/clock", json={"account": [], "offset_seconds": 0}).status_code == 422
    home.mandate()
    eventually(lambda: world.get("/control/quiet", account=accounts) == {"deliveries": 0})
    assert world.http.get("/control/quiet").status_code == 422


def test_cycles_follow_the_indian_calendar() -> None:
    new_year = 1_798_741_800  # 1 January 2027, 00:00 in India
    for frequency in ("daily", "fortnightly", "monthly", "bimonthly", "quarterly", "half_yearly", "yearly"):
        assert cycle_of(frequency, new_year) != cycle_of(frequency, new_year - 1), frequency
        assert cycle_of(frequency, new_year) == cycle_of(frequency, new_year + HOUR), frequency
    assert cycle_of("weekly", new_year) == cycle_of("weekly", new_year - 1)  # a Friday
    assert cycle_of("weekly", new_year + 3 * DAY) != cycle_of("weekly", new_year + 3 * DAY - 1)
    assert cycle_of("fortnightly", new_year + 15 * DAY) != cycle_of("fortnightly", new_year + 15 * DAY - 1)
    assert cycle_of("bimonthly", new_year) == cycle_of("bimonthly", new_year + 58 * DAY)
    assert cycle_of("as_presented", new_year) is None
    assert not is_peak(new_year)
