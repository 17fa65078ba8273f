"""What customers and staff of a shop do, each thing by a request or two, and what is remembered of it in order to go on."""

from dataclasses import dataclass, field

from tests.stateful.asking import Api
from tests.stateful.opening import Template
from tests.stateful.world import OUTAGE, Body, World

RIDER, STAFF = -2, -1


@dataclass
class Placed:
    """An order as the machine remembers it: what it needs to pay for it and to come back."""

    id: str
    customer: int
    lines: list[Body]
    provider_order_ids: list[str] = field(default_factory=list)
    returns: list[Body] = field(default_factory=list)  # what the payment page gave the browser
    payment_ids: list[str] = field(default_factory=list)

    def line(self, which: int) -> str:
        return str(self.lines[which % len(self.lines)]["id"])


class Shop(World):
    def __init__(self, template: Template, api: Api) -> None:
        super().__init__(template, api)
        self.orders: list[Placed] = []
        self.shipments: list[str] = []
        self.returns: list[str] = []
        self.took_cash = False

    def buy(self, who: int, wanted: dict[int, int], method: str) -> None:
        """Fill a cart and place it. What happens in carts is other tests' concern: it is filled without the API."""
        lines = {self.premises.variants[which]: quantity for which, quantity in wanted.items()}
        cart = self.template.fill_cart(self.store.id, self.premises.customers[who], lines)
        self.log.append(f"cart of {who}: {wanted}")
        body = {"cart_id": cart, "address_id": self.premises.addresses[who], "payment_method": method}
        answer = self.ask(who, "POST", "/checkouts", body)
        if answer.status_code in OUTAGE:
            listed = self.ask(who, "GET", "/orders?limit=1").json()["items"]
            if listed and all(listed[0]["id"] != order.id for order in self.orders):
                self._placed(who, listed[0], None)
        elif answer.status_code < 300:
            self._placed(who, answer.json()["order"], answer.json()["payment"])

    def _placed(self, who: int, order: Body, payment: Body | None) -> None:
        if all(order["id"] != one.id for one in self.orders):
            self.orders.append(Placed(order["id"], who, order["lines"]))
        self._payable(next(one for one in self.orders if one.id == order["id"]), payment)

    def _payable(self, order: Placed, payment: Body | None) -> None:
        if payment and payment["provider_order_id"] not in order.provider_order_ids:
            order.provider_order_ids.append(payment["provider_order_id"])

    def ask_to_pay(self, order: Placed) -> None:
        """Once more, after a payment that failed or was never started."""
        answer = self.ask(order.customer, "POST", f"/orders/{order.id}/payment")
        if answer.status_code < 300:
            self._payable(order, answer.json())

    def pay(self, order: Placed, outcome: str, *, even_if_paid: bool) -> None:
        """On the payment page, if there is something to be paid there; the browser has not come back yet."""
        for provider_order_id in order.provider_order_ids[-1:]:
            body = {"outcome": outcome, "even_if_paid": even_if_paid}
            answer = self.at_provider(f"/orders/{provider_order_id}/pay", body)
            if answer is not None:
                order.payment_ids.append(answer["razorpay_payment_id"])
                order.returns.append({name: value for name, value in answer.items() if name.startswith("razorpay_")})

    def come_back(self, order: Placed, which: int, *, by_form: bool) -> None:
        """The browser, or the app; sooner, later or once more."""
        if not order.returns:
            return
        back = order.returns[which % len(order.returns)]
        if by_form:
            answer = self.api.fill_in(f"/api/v1/payment-returns/{order.id}", {"Host": str(self.store.host)}, back)
            assert answer.status_code == 303, answer.text
        else:
            self.ask(order.customer, "POST", f"/orders/{order.id}/payment-confirmation", back)

    def cancel(self, order: Placed, who: int, line: int, pieces: int | None) -> None:
        """The whole order, or pieces of a line."""
        body = {} if pieces is None else {"lines": [{"line_id": order.line(line), "quantity": pieces}]}
        self.ask(who, "POST", f"/orders/{order.id}/cancellation", body)

    def report(self, order: Placed, line: int, pieces: int, reason: str, refund_to: str) -> None:
        """Pieces that did not come, or came badly."""
        lines = [{"line_id": order.line(line), "quantity": pieces}]
        body = {"reason": reason, "lines": lines, "refund_to": refund_to}
        answer = self.ask(order.customer, "POST", f"/orders/{order.id}/returns", body)
        if answer.is_success:
            self.returns.append(answer.json()["id"])

    def pack(self, order: Placed, line: int, pieces: int | None, grams: int) -> None:
        """All that is open, or pieces of a line; goods sold by weight weigh what they weigh."""
        lines = [{"line_id": order.line(line), "quantity": pieces, "grams": grams * pieces}] if pieces else None
        answer = self.ask(STAFF, "POST", f"/orders/{order.id}/shipments", {"lines": lines})
        if answer.is_success:
            self.shipments.append(answer.json()["id"])

    def move_parcel(self, which: int, act: str) -> None:
        body = {"dispatch": {"rider_id": str(self.premises.staff[RIDER])}, "delivery": None, "failed-delivery": {}}[act]
        self.ask(STAFF, "POST", f"/shipments/{self.shipments[which % len(self.shipments)]}/{act}", body)

    def move_order(self, order: Placed, to: str) -> None:
        """With the others of a round, which may have gone already."""
        self.ask(STAFF, "POST", "/order-moves", {"order_ids": [order.id], "to": to})

    def decide(self, which: int, *, accepted: bool, restocks: bool) -> None:
        told = self.returns[which % len(self.returns)]
        lines = [one["order_line_id"] for one in self.listed("/returns", told)] if restocks and accepted else []
        self.ask(STAFF, "POST", f"/returns/{told}/decision", {"accepted": accepted, "restocked": lines})

    def listed(self, path: str, row_id: str) -> list[Body]:
        """The lines of a row that staff see in this list."""
        items = self.ask(STAFF, "GET", path).json()["items"]
        return next((one["lines"] for one in items if one["id"] == row_id), [])

    def concede(self, order: Placed, amount: int, refund_to: str) -> None:
        self.ask(STAFF, "POST", f"/orders/{order.id}/concessions", {"amount": amount, "refund_to": refund_to})

    def take_money(self, order: Placed) -> None:
        """At the door, or by a transfer to the bank: whatever is owed, if anything is."""
        found = self.ask(STAFF, "GET", f"/orders/{order.id}").json()
        amount = found["owed"]["amount"]
        if found["payment_method"] == "account":
            self.ask(STAFF, "POST", f"/orders/{order.id}/receipts", {"amount": amount, "reference": f"UTR{amount:012}"})
        else:
            answer = self.ask(RIDER, "POST", "/cash/receipts", {"order_id": order.id, "amount": amount})
            self.took_cash |= answer.is_success

    def hand_in(self, difference: int) -> None:
        for one in self.ask(STAFF, "GET", "/cash/riders").json()["items"]:
            counted = max(0, one["held"]["amount"] + difference)
            self.ask(STAFF, "POST", "/cash/handovers", {"rider_id": one["rider_id"], "counted_amount": counted})

    def give_to_wallet(self, who: int, amount: int) -> None:
        path = f"/customers/{self.premises.customers[who]}/wallet-credits"
        self.ask(STAFF, "POST", path, {"amount": amount, "note": "it came late"})

    def see_to_refund(self, status: str, act: str, which: int) -> None:
        """Pay one out by hand, or have one tried again."""
        found = self.ask(STAFF, "GET", f"/refunds?status={status}").json()["items"]
        if found:
            body = {"reference": "UTR 1"} if act == "payout" else None
            self.ask(STAFF, "POST", f"/refunds/{found[which % len(found)]['id']}/{act}", body)

    def refund_in_dashboard(self, order: Placed, payment: int, amount: int | None) -> None:
        if order.payment_ids:
            self.at_provider(f"/payments/{order.payment_ids[payment % len(order.payment_ids)]}/refund", {"amount": amount})

    def bank_answers_late(self, order: Placed, payment: int, *, capture: bool) -> None:
        if order.payment_ids:
            self.at_provider(f"/payments/{order.payment_ids[payment % len(order.payment_ids)]}/late", {"capture": capture})
