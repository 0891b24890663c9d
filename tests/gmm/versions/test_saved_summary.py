"""Reading the summary of a version: what cannot be read is named, with what mends it."""

import json

import pytest

from include.gmm.errors import InputError
from include.gmm.store import Store
from include.gmm.versions import saved_summary
from include.gmm.versions.records import Reference
from tests.gmm.page.examples import example

pytestmark = pytest.mark.usefixtures("undrawn")

REFERENCE = Reference(
    segmentation="shoppers", version="20260101T000000Z-00000000", manifest_sha256="0" * 64
)
NAME = "shoppers/20260101T000000Z-00000000/summary.json"


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page takes a second: it is drawn in other tests."""
    monkeypatch.setattr("include.gmm.page.export.report", lambda summary: summary.version)


def test_a_summary_comes_back_as_it_was_saved(store: Store) -> None:
    saved_summary.keep(store, REFERENCE, example())
    assert saved_summary.read(store, REFERENCE) == example()


def test_a_summary_that_was_changed_is_refused(store: Store) -> None:
    """Gates read it: nobody may be promoted by a figure that nothing measured."""
    saved_summary.keep(store, REFERENCE, example())
    changed = json.loads(store.read(NAME))
    changed["succession"]["gates"] = []
    store.replace(NAME, json.dumps(changed).encode())
    with pytest.raises(InputError, match=r"summary.json: SHA-256 differs"):
        saved_summary.read(store, REFERENCE)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no such file; this version was not evaluated. Train again"),
        ("{", "is no record of this release, or damaged"),
        ("[" * 100_000, "is no record of this release, or damaged"),
        ("[]", "is no record of this release, or damaged"),
        ('{"schema_version": 1}', "has schema 1, and this release reads schema 5; train again"),
        ('{"schema_version": 5}', "is no record of this release, or damaged"),
    ],
)
def test_a_refusal_names_the_file_and_what_to_do(
    store: Store, content: str | None, told: str
) -> None:
    if content is not None:
        store.replace(NAME, content.encode())
    with pytest.raises(InputError, match=rf"summary.json: {told}"):
        saved_summary.read(store, REFERENCE)
