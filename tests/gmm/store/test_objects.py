"""An object store: what is kept on this machine meanwhile."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from include.gmm.errors import InputError
from include.gmm.store import store_at


def test_what_was_fetched_is_removed_at_the_end(
    s3_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = store_at(s3_address)
    store.put("a/b", b"1")
    with store.fetched("a/b") as path:
        assert path.is_relative_to(tmp_path)
        assert path.name == "b"
    assert not list(tmp_path.iterdir())


def test_an_object_for_which_there_is_no_room_is_not_fetched(
    s3_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = store_at(s3_address)
    store.put("a/b", b"1")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    with (
        pytest.raises(InputError, match="No space left on device for 1 byte"),
        store.fetched("a/b"),
    ):
        pass
    assert not list(tmp_path.iterdir())
