"""A folder of this machine as a store."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj
from typing import IO

from include.gmm import disk
from include.gmm.errors import InputError
from include.gmm.store import ExistsError, MissingError
from include.gmm.store.streams import PIECE, same

DRAFT = ".draft-"  # how the name of a file begins that does not have its own yet
READABLE = 0o644  # other users of the machine may look, as with any file
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
        with self._draft(name, lambda file: file.write(content)) as draft:
            if not _named(draft, self._path(name)) and self.read(name) != content:
                raise ExistsError(name)

    def put_file(self, name: str, path: Path) -> None:
        """Make the object of a file: by a link to it where that can be, else by a copy."""
        with _source(path) as source:
            if self._linked(name, path, source):
                return
            with self._draft(name, lambda file: copyfileobj(source, file, PIECE)) as draft:
                if not _named(draft, self._path(name)):
                    self._demand_same(name, source)

    def replace(self, name: str, content: bytes) -> None:
        """Make the object, or another in its place."""
        with self._draft(name, lambda file: file.write(content)) as draft:
            draft.replace(self._path(name))

    def read(self, name: str) -> bytes:
        """The object. Raises MissingError if there is none."""
        with self._opened(name) as file:
            return file.read()

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """The object's own file. Raises MissingError if there is none."""
        with self._opened(name):
            pass  # its checks are made; an error of the context is none of the file
        yield self._path(name)

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
    def _draft(self, name: str, fill: Callable[[IO[bytes]], object]) -> Iterator[Path]:
        """A file that is on the disk whole, to be given the name within the context."""
        path = self._path(name)
        with disk.writing(path), disk.made(self.root), self._new_draft() as file:
            draft = Path(file.name)
            try:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
                draft.chmod(READABLE)
                with disk.made(path.parent):
                    yield draft
                    _sync(path.parent)
            finally:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)

    def _linked(self, name: str, path: Path, source: IO[bytes]) -> bool:
        """Whether the file itself could become the object; raises ExistsError like `put_file`."""
        if os.fstat(source.fileno()).st_uid != os.geteuid():
            return False
        place = self._path(name)
        try:
            with disk.made(place.parent):
                os.fsync(source.fileno())
                os.fchmod(source.fileno(), READABLE)
                if not _named(path.resolve(), place):
                    self._demand_same(name, source)
                _sync(place.parent)
        except OSError:  # another file system, or one without links; what else there is, is told
            return False  # where it is copied
        return True

    def _demand_same(self, name: str, source: IO[bytes]) -> None:
        source.seek(0)
        with self._opened(name) as there:
            if not same(source, there):
                raise ExistsError(name)

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        path = self._path(name)
        try:
            self._refuse_links(path)
            with path.open("rb") as file:
                self._refuse_foreign(path, os.fstat(file.fileno()))
                yield file
        except (FileNotFoundError, NotADirectoryError):
            raise MissingError(f"{path}: there is no such file") from None
        except OSError as error:
            raise InputError(disk.told(error, path)) from error

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


def _named(file: Path, place: Path) -> bool:
    """Whether the place was free, and the file is there now as well."""
    try:
        os.link(file, place)
    except FileExistsError:
        return False
    return True


@contextmanager
def _source(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(disk.told(error, path)) from error
    with file:
        yield file


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
