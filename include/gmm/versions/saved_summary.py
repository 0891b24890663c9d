"""The summary among the files of a version, with the page that people look at."""

from __future__ import annotations

import json
from pathlib import Path

from include.gmm.errors import InputError
from include.gmm.store import MissingError, Store
from include.gmm.summary import Summary
from include.gmm.versions.artifacts import file_of, on_shelf
from include.gmm.versions.records import Reference
from include.gmm.versions.seal import sealed, unsealed

NAME = "summary.json"


def keep(store: Store, reference: Reference, summary: Summary) -> None:
    """Put the summary beside the version, and its page, in place of earlier ones."""
    # Imported here, because who only reads a summary need not load what draws.
    from include.gmm.page.export import report

    store.replace(file_of(reference, NAME), sealed(summary))
    store.replace(file_of(reference, "report.html"), report(summary).encode())


def exists(store: Store, reference: Reference) -> bool:
    """Whether the version was evaluated."""
    return NAME in on_shelf(store, reference.segmentation).get(reference.version, [])


def read(store: Store, reference: Reference) -> Summary:
    """The summary of a version.

    Raises InputError that names the file and how to come by one that can be read.
    """
    name = file_of(reference, NAME)
    try:
        content = store.read(name)
    except MissingError as error:
        raise InputError(f"{error}; this version was not evaluated. Train again") from None
    return _parsed(content, store.address(name))


def in_folder(folder: Path) -> Summary:
    """The summary in the folder of a version, wherever that is. Raises InputError."""
    path = folder / NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); name the folder of a version, "
            "<models>/<segmentation>/<version>, and if the file is not there, train again"
        ) from error
    return _parsed(content, str(path))


def _parsed(content: bytes, where: str) -> Summary:
    """The summary in a file. Raises InputError that names it."""
    expected = Summary.model_fields["schema_version"].default
    try:
        found = json.loads(content)["schema_version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = expected  # what is wrong is said below
    if found != expected:
        raise InputError(
            f"{where}: has schema {found}, and this release reads schema {expected}; train again"
        )
    return unsealed(content, Summary, where)
