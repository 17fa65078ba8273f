import pytest

from app.accounts import passwords
from app.accounts.errors import PasswordTooShort


def test_a_password_fits_its_own_hash_only() -> None:
    kept = passwords.hash_password("correct horse")
    assert kept.startswith("$argon2id$")
    assert passwords.password_fits("correct horse", kept)
    assert not passwords.password_fits("correct horsf", kept)


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert passwords.hash_password("correct horse") != passwords.hash_password("correct horse")


def test_nobodys_password_never_fits_though_a_digest_is_computed() -> None:
    assert not passwords.password_fits("nobody's password", None)


def test_a_short_password_is_refused() -> None:
    with pytest.raises(PasswordTooShort):
        passwords.hash_password("ninechars")
