"""`rozana seed` as an installer runs it: a process of its own, on a database that was just migrated."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from app.cli.demo_shop import GOODS, STORE
from app.core.ids import new_id
from tests.conftest import BACKEND, Servers

SEED = ("-m", "app.cli.main", "seed")


@dataclass
class Seeded:
    """A database that was migrated and seeded once, seen as the superuser, who sees every store."""

    url: str
    admin_url: str
    said: str

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.admin_url) as connection:
            return connection.execute(query).fetchall()

    def change(self, *statements: str) -> None:
        with psycopg.connect(self.admin_url) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture(scope="module")
def seeded(servers: Servers) -> Iterator[Seeded]:
    postgres, name = servers.postgres, f"seed_{new_id().hex}"
    url, admin_url = postgres.url_for(name), f"{postgres.admin_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" OWNER rozana')
        try:
            run(url, "-m", "alembic", "upgrade", "head")
            yield Seeded(url, admin_url, run(url, *SEED))
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run(url: str, *command: str, status: int = 0, **environment: str) -> str:
    """What the command says; it must end with `status`."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=BACKEND,
        env=os.environ | {"DATABASE_URL": url} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


PACKS = [pack for good in GOODS for pack in good.packs]
COUNTS = """
SELECT (SELECT count(*) FROM stores), (SELECT count(*) FROM provider_accounts), (SELECT count(*) FROM products),
       (SELECT count(*) FROM variants), (SELECT sum(on_hand) FROM stock_levels), (SELECT count(*) FROM stock_movements),
       (SELECT count(*) FROM staff), (SELECT count(*) FROM audit_entries)
"""


def test_a_second_run_finds_everything_and_changes_nothing(seeded: Seeded) -> None:
    assert "Password, told only now: " in seeded.said
    planted, staff = seeded.ask(COUNTS), seeded.ask("SELECT * FROM staff")
    assert planted[0][:4] == (1, 3, len(GOODS), len(PACKS))
    said = run(seeded.url, *SEED, ROZANA_ADMIN_PASSWORD="a password for the test")
    assert "0 things made" in said
    assert "Password" not in said
    assert (seeded.ask(COUNTS), seeded.ask("SELECT * FROM staff")) == (planted, staff)


def test_only_what_is_missing_is_added_and_no_stock_is_topped_up(seeded: Seeded) -> None:
    [(bought_up, missing)] = seeded.ask("SELECT min(sku), max(sku) FROM variants")
    these = f"USING variants WHERE variants.id = variant_id AND sku = '{missing}'"
    seeded.change(
        *(f"DELETE FROM {table} {these}" for table in ("stock_movements", "stock_levels", "prices", "variant_taxes")),  # noqa: S608
        f"DELETE FROM variants WHERE sku = '{missing}'",  # noqa: S608
        f"UPDATE stock_levels SET on_hand = 1 FROM variants WHERE variants.id = variant_id AND sku = '{bought_up}'",  # noqa: S608
    )
    assert "1 things made" in run(seeded.url, *SEED)
    on_hand = dict(seeded.ask("SELECT sku, on_hand FROM stock_levels JOIN variants ON variants.id = variant_id"))
    assert on_hand == {pack.sku: pack.stock for pack in PACKS} | {bought_up: 1}


def test_somebody_elses_shop_is_left_alone(seeded: Seeded) -> None:
    seeded.change("UPDATE stores SET slug = 'another-shop'")
    planted = seeded.ask(COUNTS)
    assert "another shop" in run(seeded.url, *SEED, status=1)
    assert seeded.ask(COUNTS) == planted
    seeded.change(f"UPDATE stores SET slug = '{STORE['slug']}'")  # noqa: S608


ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(gstin: str) -> str:
    """The last character of a GSTIN, computed from the fourteen before it."""
    total = 0
    for place, character in enumerate(reversed(gstin[:14])):
        product = ALPHABET.index(character) * (2 - place % 2)
        total += product // 36 + product % 36
    return ALPHABET[-total % 36]


def test_the_gstin_is_well_formed_and_of_the_stores_state() -> None:
    assert check_character("27AAPFU0939F1ZV") == "V"  # a published example
    assert STORE["gstin"][-1] == check_character(STORE["gstin"])
    assert STORE["gstin"][:2] == STORE["state_code"]


def test_every_good_has_a_picture() -> None:
    pictures = {path.stem for path in (BACKEND.parent / "frontend-stub" / "images").glob("*.svg")}
    assert {good.image for good in GOODS} <= pictures


def test_what_the_law_exempts_is_exempt_and_nothing_else_is() -> None:
    exempt = {"0401", "0406", "0407", "0701", "0702", "0703", "0709", "0801", "0803", "0804", "0808"}
    assert {good.hsn for good in GOODS if good.gst_bp is None} == exempt
    assert {good.gst_bp for good in GOODS if good.hsn not in exempt} == {500}
    assert {"0403", "0405", "1701", "1101", "1006", "0713", "0409", "1514", "0910"} == {g.hsn for g in GOODS if g.gst_bp}
