"""An object store: what is kept on this machine meanwhile."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import fsspec
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


def test_without_credentials_nobody_is_asked_anonymously(
    s3_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import fsspec

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(InputError, match=r"a/b: cannot be read.*Unable to locate credentials"):
        store_at(s3_address).read("a/b")


@pytest.mark.parametrize("configured", [{}, {"gcs": {"token": "anon"}}])
def test_google_is_asked_anonymously_only_where_that_is_configured(
    configured: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """gcsfs would do so by itself where it finds no credentials."""
    import fsspec

    asked: list[dict[str, str]] = []
    monkeypatch.setattr(fsspec.config, "conf", configured)
    monkeypatch.setattr(fsspec, "filesystem", lambda _, **options: asked.append(options))
    store_at("gs://bucket/gmm")
    assert asked == ([{}] if configured else [{"token": "google_default"}])


def test_an_account_that_cannot_be_opened_is_told_with_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import fsspec

    def refused(*_: object, **__: object) -> None:
        raise ValueError("Must provide either a connection_string or account_name")

    monkeypatch.setattr(fsspec, "filesystem", refused)
    with pytest.raises(InputError, match="GMM_STORE: abfs:// cannot be opened with credentials of"):
        store_at("abfs://container/gmm")


def test_a_folder_that_a_console_made_is_no_object(s3_address: str) -> None:
    """An empty object with a slash at its end, which some services leave or list, too."""
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    store = store_at(s3_address)
    filesystem = fsspec.filesystem("s3", skip_instance_cache=True)
    bucket, _, root = s3_address.removeprefix("s3://").partition("/")
    filesystem.call_s3("put_object", Bucket=bucket, Key=f"{root}/a/")
    assert store.list("a") == []
    store.put("a/b", b"1")
    assert store.list("a") == ["a/b"]
