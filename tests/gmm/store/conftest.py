"""Every test of a store is one of all that are tested."""

from __future__ import annotations

import pytest

from include.gmm.store import Store
from tests.gmm.store.servers import TESTED, OpenStore


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrised here, where tests that are not of the store itself stay with a folder."""
    if "open_store" in metafunc.fixturenames:
        metafunc.parametrize("open_store", TESTED, indirect=True)


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()
