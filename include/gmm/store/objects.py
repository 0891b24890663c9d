"""An object store of a cloud as a store: S3, Google Cloud Storage, Azure Blob, by fsspec."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import fsspec

from include.gmm import disk
from include.gmm.errors import InputError, one_line
from include.gmm.store import SETTING, ExistsError, MissingError
from include.gmm.store.streams import PIECE, same

# What brings each protocol, in the words of requirements.txt.
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
# How each sends and fetches large objects with a few pieces in memory; by default it may be 500 MB.
_CHUNKED = {"chunksize": PIECE, "max_concurrency": 2}
_BLOCKS = {"max_concurrency": 2}
SENDING = {"s3fs": _CHUNKED, "gcsfs": {"chunksize": PIECE}, "adlfs": _BLOCKS}
FETCHING = {"s3fs": _CHUNKED, "gcsfs": {"concurrency": 1}, "adlfs": _BLOCKS}


class ObjectStore:
    """Objects below `root`, `bucket/folder`, of an fsspec file system.

    The service itself refuses to create what exists (`If-None-Match` and its like). fsspec keeps
    listings: another process's object stays unseen until they are thrown away.
    """

    def __init__(self, filesystem: Any, root: str, shown: str) -> None:
        self.filesystem = filesystem
        self.package = PACKAGES[shown.partition("://")[0]]
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

    def put_file(self, name: str, path: Path) -> None:
        """Make the object of a file, sent in pieces. Raises ExistsError if there is another one.

        Each service refuses at the end of the upload what exists by then. What is there before it
        begins is not sent again.
        """
        try:
            size = path.stat().st_size
            with path.open("rb"):
                pass
        except OSError as error:
            raise InputError(disk.told(error, path)) from error
        with self._refusing(name, "written"):
            if self._same(name, path):
                return
            options = dict(SENDING[self.package])
            if self.package == "s3fs":  # has no more than 10,000 parts
                options["chunksize"] = max(PIECE, -(-size // 10_000))
            try:
                self.filesystem.put_file(str(path), self._key(name), mode="create", **options)
            except OSError:
                if not self._same(name, path):
                    raise

    def replace(self, name: str, content: bytes) -> None:
        """Make the object, or another in its place."""
        with self._refusing(name, "written"):
            self.filesystem.pipe_file(self._key(name), content)

    def read(self, name: str) -> bytes:
        """The object. Raises MissingError if there is none."""
        with self._refusing(name, "read"):
            content: bytes = self.filesystem.cat_file(self._key(name))
            return content

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """A copy of the object in the folder for temporary files (TMPDIR)."""
        with tempfile.TemporaryDirectory(prefix="gmm-") as folder:
            path = Path(folder) / name.rpartition("/")[2]
            with self._refusing(name, "read"):
                disk.demand_room(path.parent, self._size(name))
                options = FETCHING[self.package]
                with disk.writing(path):
                    self.filesystem.get_file(self._key(name), str(path), **options)
            yield path

    def list(self, folder: str) -> list[str]:
        """The names of all objects below `folder`, sorted."""
        self.filesystem.invalidate_cache()
        with self._refusing(folder, "listed"):
            try:
                found = self.filesystem.find(self._key(folder))
            except FileNotFoundError:
                return []
        names = sorted(name.removeprefix(f"{self.root}/") for name in found)
        # Consoles mark a folder by an empty object of its name.
        return [name for name in names if name.startswith(f"{folder}/") and name[-1] != "/"]

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

    def _size(self, name: str) -> int:
        self.filesystem.invalidate_cache()
        return int(self.filesystem.size(self._key(name)))

    def _same(self, name: str, path: Path) -> bool:
        """Whether the object is there and is that file. Raises ExistsError if it is another."""
        try:
            if self._size(name) != path.stat().st_size:
                raise ExistsError(name)
            key = self._key(name)
            with path.open("rb") as one, self.filesystem.open(key, block_size=PIECE) as other:
                if not same(one, other):
                    raise ExistsError(name)
        except FileNotFoundError:
            return False
        return True

    def _key(self, name: str) -> str:
        return f"{self.root}/{name}"

    @contextmanager
    def _refusing(self, name: str, done: str) -> Iterator[None]:
        try:
            yield
        except (InputError, ExistsError):
            raise
        except FileNotFoundError:
            raise MissingError(f"{self.address(name)}: there is no such object") from None
        except Exception as error:  # every service has errors of its own
            raise InputError(
                f"{self.address(name)}: cannot be {done} ({type(error).__name__}: "
                f"{one_line(str(error))}); check "
                f"{SETTING}, the rights of its credentials, and whether the service answers"
            ) from error


def _filesystem(scheme: str, connection: str) -> Any:
    try:
        if not connection:
            return fsspec.filesystem(scheme, **_named(scheme))
        # Imported here: it takes five seconds, and only Airflow knows its connections.
        from airflow.sdk import ObjectStoragePath

        return ObjectStoragePath(f"{scheme}://{connection}@bucket").fs
    except ImportError as error:
        raise InputError(
            f"{SETTING}: {scheme}:// needs {PACKAGES[scheme]}, and for a connection Airflow's "
            f"provider of that cloud; add them to requirements.txt ({error})"
        ) from error
    except Exception as error:  # every service has errors of its own
        whose = f"the connection {connection!r}" if connection else "credentials of this machine"
        raise InputError(
            f"{SETTING}: {scheme}:// cannot be opened with {whose} ({type(error).__name__}: "
            f"{one_line(str(error))})"
        ) from error


def _named(scheme: str) -> dict[str, str]:
    """What keeps a file system from being anonymous where no credentials are found.

    s3fs and adlfs fail by themselves. gcsfs asks anonymously in the end, unless it is told how to
    find credentials; fsspec's own settings (FSSPEC_GCS_TOKEN) still say otherwise.
    """
    asked = any("token" in fsspec.config.conf.get(each, {}) for each in ("gs", "gcs"))
    return {"token": "google_default"} if PACKAGES[scheme] == "gcsfs" and not asked else {}
