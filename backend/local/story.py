"""The story of a first paid order, a first renewal and what comes after, played through the public HTTP API: by a customer, and
by the member of staff who packs, and has the shop's test clock go on. Commands repeat the billing run and check the books.

Every act returns what it saw and raises StoryFailed when something promised did not hold. Nothing here knows the app:
the customer's phone, mailbox and bank are the sandbox's, which is also the second witness of what was charged.
"""

import httpx2

from local import adding_up, coming_late, lasting, proving, renewing, returning, sending, shopping, subscribing
from local.processes import StartFailed
from local.scene import Act, Scene
from local.shop import ANSWER_SECONDS, Shop, StoryFailed
from local.shop_clock import Admin, ShopClock
from local.telling import Ending, Step, Telling
from local.witness import Sandbox

ACTS: tuple[tuple[str, str, Act], ...] = (
    ("store", "The shop is open", shopping.look_around),
    ("sign_in", "A customer signs in", shopping.sign_in),
    ("cart", "fills a basket", shopping.fill_basket),
    ("checkout", "checks out", shopping.check_out),
    ("payment", "and pays.", shopping.pay),
    ("confirmation", "Confirmed twice, once", proving.confirm),
    ("messages", "Told once each", proving.read_messages),
    ("replay", "Repeated: no change", proving.repeat_everything),
    ("explain", "Why all this", proving.explain),
    ("subscription", "Then, every Friday,", subscribing.subscribe),
    ("announcement", "Told days ahead", renewing.announce),
    ("renewal", "Charged once, in time", renewing.charge),
    ("renewal_replay", "Repeated: no change", lasting.repeat_renewal),
    ("calendar", "What comes, and why", lasting.look_ahead),
    ("shipment", "Packed and sent", sending.send),
    ("spoilt", "One was spoilt", returning.report_spoilt),
    ("cancellation", "A box is called off", returning.call_off),
    ("late_payment", "Paid after the end", coming_late.pay_late),
    ("books", "And it all adds up", adding_up.check_books),
)


def play(values: dict[str, str], admin: Admin, telling: Telling) -> Ending:
    """Play all acts, telling each as it ends; stops at the first that does not hold. `values`: those of `.rozana/env`."""
    steps: list[Step] = []
    with (
        httpx2.Client(base_url=f"{values['BACKEND_URL']}/api/v1", timeout=ANSWER_SECONDS, trust_env=False) as api,
        httpx2.Client(base_url=values["SANDBOX_URL"], timeout=ANSWER_SECONDS, trust_env=False) as control,
    ):
        sandbox = Sandbox(control, values["RAZORPAY_KEY_ID"])
        scene = Scene(Shop(api), sandbox, ShopClock(Shop(api), admin), storefront=values["FRONTEND_URL"])
        for name, title, act in ACTS:
            steps.append(_play_one(name, title, act, scene))
            telling.tell(steps[-1])
            if not steps[-1].ok:
                break
    return Ending(ok=len(steps) == len(ACTS) and all(step.ok for step in steps), steps=steps)


def _play_one(name: str, title: str, act: Act, scene: Scene) -> Step:
    """A step that breaks is told like any other; an answer of another shape than promised breaks it too."""
    try:
        seen = act(scene)
    except (StoryFailed, StartFailed, httpx2.HTTPError) as error:
        return Step(name, title, ok=False, facts={"error": str(error)}, lines=[str(error)])
    except (KeyError, TypeError, ValueError) as error:
        told = f"an answer was not of the documented shape: {error!r}"
        return Step(name, title, ok=False, facts={"error": told}, lines=[told])
    return Step(name, title, ok=True, facts=seen.facts, lines=seen.lines)
