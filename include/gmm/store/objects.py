"""An object store of a cloud as a store: S3, Google Cloud Storage, Azure Blob, by fsspec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urlsplit

import fsspec

from include.gmm.errors import InputError
from include.gmm.store import SETTING, ExistsError, MissingError

# What brings each protocol, in the words of requirements.txt.
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}


class ObjectStore:
    """Objects below `root`, `bucket/folder`, of an fsspec file system.

    The service itself refuses to create what exists (`If-None-Match` and its like). fsspec keeps
    listings: another process's object stays unseen until they are thrown away.
    """

    def __init__(self, filesystem: Any, root: str, shown: str) -> None:
        self.filesystem = filesystem
        self.root = root.rstrip("/")
        self.shown = shown.rstrip("/")  # the address, with no credentials in it

    @classmethod
    def at(cls, address: str) -> Self:
        """The store at `protocol://bucket/folder` or `protocol://connection@bucket/folder`."""
        parts = urlsplit(address)
        connection, _, bucket = parts.netloc.rpartition("@")
        if parts.scheme not in PACKAGES or not bucket or ":" in connection:
            known = ", ".join(f"{scheme}://" for scheme in PACKAGES)
            raise InputError(
                f"{SETTING}: must be a folder, or {known} with a bucket and a folder; credentials "
                "belong into an Airflow connection, named before the bucket: s3://my_aws@bucket/gmm"
            )
        root = f"{bucket}{parts.path}"
        filesystem = _filesystem(parts.scheme, connection)
        return cls(filesystem, root, f"{parts.scheme}://{root}")

    def put(self, name: str, content: bytes) -> None:
        """Make the object. Raises ExistsError if there is another one."""
        with self._refusing(name, "written"):
            try:
                self.filesystem.pipe_file(self._key(name), content, mode="create")
                return
            except OSError as refused:  # FileExistsError or EINVAL, as the service has it
                try:
                    there = self.read(name)
                except MissingError:
                    raise refused from None
        if there != content:
            raise ExistsError(name)

    def replace(self, name: str, content: bytes) -> None:
        """Make the object, or another in its place."""
        with self._refusing(name, "written"):
            self.filesystem.pipe_file(self._key(name), content)

    def read(self, name: str) -> bytes:
        """The object. Raises MissingError if there is none."""
        with self._refusing(name, "read"):
            content: bytes = self.filesystem.cat_file(self._key(name))
            return content

    def list(self, folder: str) -> list[str]:
        """The names of all objects below `folder`, sorted."""
        self.filesystem.invalidate_cache()
        with self._refusing(folder, "listed"):
            try:
                found = self.filesystem.find(self._key(folder))
            except FileNotFoundError:
                return []
        return sorted(name.removeprefix(f"{self.root}/") for name in found)

    def delete(self, *names: str) -> None:
        """Remove the objects."""
        for name in names:
            with self._refusing(name, "deleted"):
                try:
                    self.filesystem.rm_file(self._key(name))
                except FileNotFoundError:
                    continue

    def address(self, name: str) -> str:
        """The address, without credentials."""
        return f"{self.shown}/{name}"

    def _key(self, name: str) -> str:
        return f"{self.root}/{name}"

    @contextmanager
    def _refusing(self, name: str, done: str) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except FileNotFoundError:
            raise MissingError(f"{self.address(name)}: there is no such object") from None
        except Exception as error:  # every service has errors of its own
            raise InputError(
                f"{self.address(name)}: cannot be {done} ({type(error).__name__}: {error}); check "
                f"{SETTING}, the rights of its credentials, and whether the service answers"
            ) from error


def _filesystem(scheme: str, connection: str) -> Any:
    try:
        if not connection:
            return fsspec.filesystem(scheme)
        # Imported here: it takes five seconds, and only Airflow knows its connections.
        from airflow.sdk import ObjectStoragePath

        return ObjectStoragePath(f"{scheme}://{connection}@bucket").fs
    except ImportError as error:
        raise InputError(
            f"{SETTING}: {scheme}:// needs {PACKAGES[scheme]}, and for a connection Airflow's "
            f"provider of that cloud; add them to requirements.txt ({error})"
        ) from error
