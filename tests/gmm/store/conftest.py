"""The stores that are tested: a folder, and a bucket of a real S3 server on this machine."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from include.gmm.store import Store, store_at

OpenStore = Callable[[], Store]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server."""
    pytest.importorskip("moto", reason="moto is not installed here")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_address(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a folder in a new bucket, with credentials in the environment."""
    import fsspec

    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server,
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{uuid.uuid4().hex}"
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(bucket)
    return f"s3://{bucket}/gmm"


@pytest.fixture(params=["local", "s3"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens one and the same store anew, as another process would."""
    if request.param == "local":
        return lambda: store_at(tmp_path / "store")
    address = request.getfixturevalue("s3_address")

    def opened() -> Store:
        import fsspec

        fsspec.get_filesystem_class("s3").clear_instance_cache()
        return store_at(address)

    return opened


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()
