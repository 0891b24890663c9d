"""Where versions, champions and what is told of them are kept: objects with names like paths.

An object is put once and never changed; of several that put one name at the same time, one does.
That is all that a change of the champion rests on, and it holds on a local disk as in an object
store, whoever else is at work. Nothing outside of this package knows which of the two it is.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from include.gmm.errors import InputError
from include.gmm.settings import PROJECT, WORKING_DATA

SETTING = "GMM_STORE"


class MissingError(InputError):
    """There is no object of that name."""


class ExistsError(Exception):
    """There is another object of that name already."""


class Store(Protocol):
    """Objects by their names: parts separated by slashes, such as `shops/champions/1.json`.

    Every verb raises InputError, with the object's address and what to mend, where the disk or the
    service refuses.
    """

    def put(self, name: str, content: bytes) -> None:
        """Make the object. Raises ExistsError, with nothing changed, if there is another one.

        To put the same bytes again is no error: a reply may have been lost.
        """

    def put_file(self, name: str, path: Path) -> None:
        """`put` for what is too large for memory: the content of a file of this machine.

        Nobody may write into the file afterwards, because it may be the object itself then;
        to delete it does no harm.
        """

    def replace(self, name: str, content: bytes) -> None:
        """Make the object, or another in its place: readers see the old one or the new one.

        For what is derived from objects that are put, and for what a single run writes.
        """

    def read(self, name: str) -> bytes:
        """The object. Raises MissingError if there is none."""

    def fetched(self, name: str) -> AbstractContextManager[Path]:
        """`read` for what is too large for memory: a file of this machine with the object in it.

        It may be read as long as the context lasts, and never be written to.
        """

    def list(self, folder: str) -> list[str]:
        """The names of all objects below `folder`, sorted, as they are at this moment."""

    def delete(self, *names: str) -> None:
        """Remove the objects, in this order; those that are not there are no error."""

    def address(self, name: str) -> str:
        """Where the object is, for people."""


def configured() -> Store:
    """The store of models: the folder `models` of what GMM_STORE names, `working_data` without it.

    Raises InputError if the setting cannot be understood.
    """
    return store_at(f"{_address().rstrip('/')}/models")


def is_local() -> bool:
    """Whether the store of models is a folder of this machine's disks."""
    return "://" not in _address()


def _address() -> str:
    return os.environ.get(SETTING, "").strip() or str(WORKING_DATA)


def store_at(address: str | Path) -> Store:
    """The store at a folder, relative to the project unless absolute, or at an address.

    `s3://bucket/folder` finds credentials as the cloud's own tools do, `s3://name@bucket/folder`
    in Airflow's connection `name`; `gs://` and `abfs://` likewise.
    """
    if "://" not in str(address):
        from include.gmm.store.local import LocalStore

        return LocalStore(PROJECT / Path(address).expanduser())
    from include.gmm.store.objects import ObjectStore

    return ObjectStore.at(str(address))
