"""What the set-up decides before it installs anything."""

import re
import tomllib

import pytest

from local import setup
from local.paths import LOCKS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("kind", LOCKS)
def test_locks_have_a_hash_for_everything_and_no_address(kind: str) -> None:
    text = LOCKS[kind].read_text()
    entries = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 80
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"https?:|file:|--index|--find-links", text)


@pytest.mark.parametrize("kind", LOCKS)
def test_locks_hold_every_direct_dependency(kind: str) -> None:
    groups = PROJECT["dependency-groups"]
    wanted = [*PROJECT["project"]["dependencies"], *groups["build"], *(groups["dev"] if kind == "dev" else [])]
    names = {re.split(r"[\[><=;]", requirement)[0].strip() for requirement in wanted}
    locked = set(re.findall(r"^([^=\s]+)==", LOCKS[kind].read_text(), re.MULTILINE))
    assert names - locked == set()


def test_both_locks_agree_on_every_version() -> None:
    versions = [dict(re.findall(r"^(\S+)==(\S+)", path.read_text(), re.MULTILINE)) for path in LOCKS.values()]
    runtime, dev = versions
    assert {name: version for name, version in runtime.items() if dev.get(name) != version} == {}


def test_one_package_is_cut_out_of_a_lock_with_its_hashes() -> None:
    lock = "a==1 \\\n    --hash=sha256:aa\n    # via b\nuv==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\nz==3\n"
    assert setup._entry_of("uv", lock) == "uv==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    with pytest.raises(setup.SetupFailed, match="nothere"):
        setup._entry_of("nothere", lock)
