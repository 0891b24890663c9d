"""A folder of this machine as a store."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from include.gmm import disk
from include.gmm.errors import InputError
from include.gmm.store import ExistsError, MissingError

DRAFT = ".draft-"  # how the name of a file begins that does not have its own yet
ABANDONED = 24 * 3600  # seconds after which a draft is one of a process that crashed


class LocalStore:
    """Objects as files below `root`.

    A draft takes its name by a hard link, which fails where the name is taken: on a local disk that
    is atomic, as opening a file for exclusive creation and writing to it is not. File and folder
    are synced, so that an object that was seen once is there after a loss of power.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: bytes) -> None:
        """Make the object. Raises ExistsError if there is another one."""
        path = self._path(name)
        with disk.writing(path), self._draft(content) as draft, disk.made(path.parent):
            try:
                os.link(draft, path)
            except FileExistsError:
                if self.read(name) != content:
                    raise ExistsError(name) from None
            _sync(path.parent)

    def replace(self, name: str, content: bytes) -> None:
        """Make the object, or another in its place."""
        path = self._path(name)
        with disk.writing(path), self._draft(content) as draft, disk.made(path.parent):
            draft.replace(path)
            _sync(path.parent)

    def read(self, name: str) -> bytes:
        """The object. Raises MissingError if there is none."""
        path = self._path(name)
        try:
            self._refuse_links(path)
            with path.open("rb") as file:
                self._refuse_foreign(path, os.fstat(file.fileno()))
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            raise MissingError(f"{path}: there is no such file") from None
        except OSError as error:
            raise InputError(disk.told(error, path)) from error

    def list(self, folder: str) -> list[str]:
        """The names of all objects below `folder`, sorted."""
        return sorted(self._below(self._path(folder)))

    def delete(self, *names: str) -> None:
        """Remove the objects, and folders that are empty then."""
        for name in names:
            path = self._path(name)
            with disk.writing(path):
                path.unlink(missing_ok=True)
            for folder in path.parents[: len(Path(name).parts)]:
                with suppress(OSError):  # not empty, or removed by another process
                    folder.rmdir()

    def address(self, name: str) -> str:
        """The path."""
        return str(self._path(name))

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if not all(parts) or any(part in (".", "..") or part.startswith(DRAFT) for part in parts):
            raise ValueError(f"{name!r} is no name of an object")
        return self.root.joinpath(*parts)

    @contextmanager
    def _draft(self, content: bytes) -> Iterator[Path]:
        with disk.made(self.root), self._new_draft() as file:
            draft = Path(file.name)
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                draft.chmod(0o644)  # other users of the machine may look, as with any file
                yield draft
            finally:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)

    def _new_draft(self) -> IO[bytes]:
        """A file with a random name, so that no two processes or containers clash."""
        for draft in self.root.glob(f"{DRAFT}*"):  # what crashed processes left
            with suppress(OSError):
                if time.time() - draft.stat().st_mtime > ABANDONED:
                    draft.unlink()
        return tempfile.NamedTemporaryFile(dir=self.root, prefix=DRAFT, delete=False)

    def _below(self, folder: Path) -> Iterator[str]:
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            return
        except OSError as error:  # must not read as "nothing is there"
            raise InputError(f"{folder}: cannot be listed ({error.strerror})") from error
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(Path(entry.path))
            elif not entry.name.startswith(DRAFT):
                yield Path(entry.path).relative_to(self.root).as_posix()

    def _refuse_links(self, path: Path) -> None:
        """A link inside of the store may lead to what somebody else can change."""
        for step in (path, *path.parents):
            if step == self.root:
                return
            if step.is_symlink():
                raise InputError(
                    f"{step}: is a link, and the store follows none; put the file there"
                )

    def _refuse_foreign(self, path: Path, found: os.stat_result) -> None:
        """Only this user, the owner of the folder, and root write into the store."""
        owners = {0, os.geteuid(), self.root.stat().st_uid}
        if found.st_uid not in owners or not stat.S_ISREG(found.st_mode):
            raise InputError(
                f"{path}: belongs to another user ({found.st_uid}), and is not trusted; find out "
                "who wrote it, and take it over with chown if it is yours"
            )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
