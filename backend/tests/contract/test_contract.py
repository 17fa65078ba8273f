"""The OpenAPI document, played against a live server: what is answered is what the document says, whoever asks for whatever.

For every operation requests are made up from the document, good ones and bad ones, and each is sent as nobody in particular,
as a customer and as an admin. None is answered by a crash, by a status, a content type or a body that the document does not
have, and what it forbids is refused. Operations that are added are played without a line here.
"""

import os
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

from app.api.doors import KEY_HEADER, MAX_KEY_LENGTH
from app.core.ids import new_id
from app.main import app
from tests.contract.household import Household

PROOF_SHARE = 0.05  # of the budget of `scripts/proof`
SECONDS_A_CASE = 0.08  # made up, sent three times, checked: generously
AT_HOME = 0.8  # of the ids made up are exchanged for some that exist
FRESH_KEY = 0.9  # of the requests have an Idempotency-Key of their own; the others what was made up, often the same
MOVES_TIME = "/api/v1/test/clocks/{clock_id}/advance"  # waits up to 20 s for workers; tests/api and tests/journeys play it
BEAT_IS_AWAY = "/health/billing"  # it says 503, as it should, where no beat runs: tests/subscriptions plays it
INTERNAL_ERROR = 500
NOT_FOR_US = [
    "positive_data_acceptance",  # a number that is nobody's is well-formed, and refused: rules of the shop are no schema
    "unsupported_method",  # DELETE /sessions/refresh is DELETE /sessions/{session_id} of a session that has no such id
    "missing_required_header", "ignored_auth", "object_level_authorization",  # tests/api/test_policy.py walks them all
]  # fmt: skip
ONCE = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])


def document(*, coverage: bool, modes: Sequence[str] = ("positive", "negative")) -> Any:
    """The operations to be played, by good requests and bad ones. `coverage`: also each limit of each field in turn."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    wanted = [schemathesis.GenerationMode(mode) for mode in modes]
    schema.config.generation.update(modes=wanted, with_security_parameters=False)  # the callers below bring their own
    schema.config.phases.update(phases=["examples", "fuzzing", *(["coverage"] if coverage else [])])
    return schema.exclude(path=[MOVES_TIME, BEAT_IS_AWAY])


SLICE, WHOLE = document(coverage=False), document(coverage=True)
OUTAGE = document(coverage=False, modes=["positive"]).include(method=["POST", "PUT", "PATCH", "DELETE"])  # reads ask nobody
PROOF_SECONDS = float(os.environ.get("PROOF_MINUTES", "20")) * 60 * PROOF_SHARE
PROOF_SECONDS_EACH = PROOF_SECONDS / len(WHOLE)


@SLICE.parametrize()  # type: ignore[untyped-decorator]
@settings(ONCE, max_examples=3, derandomize=True)
def test_what_is_answered_is_what_the_document_says(
    case: Any, household: Household, wire: requests.Session, live_api: str
) -> None:
    play(case, household, wire, live_api)


@pytest.mark.proof
@pytest.mark.timeout(600)
@WHOLE.parametrize()  # type: ignore[untyped-decorator]
@settings(ONCE, max_examples=max(5, int(PROOF_SECONDS_EACH / SECONDS_A_CASE)))
def test_and_at_every_limit_of_every_field(case: Any, household: Household, wire: requests.Session, live_api: str) -> None:
    play(case, household, wire, live_api)


@OUTAGE.parametrize()  # type: ignore[untyped-decorator]
@settings(ONCE, max_examples=1, derandomize=True)
def test_what_is_answered_while_a_provider_fails_is_in_the_document_too(
    case: Any, outage: Household, wire: requests.Session, live_api: str
) -> None:
    play(case, outage, wire, live_api, besides=["not_a_server_error"])


def play(case: Any, household: Household, wire: requests.Session, live_api: str, besides: Sequence[str] = ()) -> None:
    chance = random.Random(f"{case.path_parameters} {case.body!r}")
    asked, body = case.path_parameters, case.body
    for caller, headers in household.callers.items():
        if asked:
            case.path_parameters = household.settle_in(caller, asked, chance, AT_HOME)
        if isinstance(body, dict):
            case.body = household.settle_in(caller, body, chance, AT_HOME)
        sent = {"Host": str(household.store.host), **headers}
        if 1 <= len(case.headers.get(KEY_HEADER, "none")) <= MAX_KEY_LENGTH and chance.random() < FRESH_KEY:
            sent[KEY_HEADER] = str(new_id())
        answer = case.call(base_url=live_api, session=wire, headers=sent)
        check(case, answer, besides)
        if answer.status_code < 300 and answer.content:
            with suppress(ValueError):
                household.learn(caller, case.path, answer.json())


def check(case: Any, answer: Any, besides: Sequence[str] = ()) -> None:
    """Against the document, but for these checks."""
    case.validate_response(answer, excluded_checks=[CHECKS.get_one(name) for name in [*NOT_FOR_US, *besides]])
    assert answer.status_code != INTERNAL_ERROR
