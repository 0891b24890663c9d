"""What a disk refuses, told with the path and what to do about it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from include.gmm.errors import InputError

REMEDIES = {
    errno.ENOSPC: "free some room, for files as well as for bytes (df, df -i), and do it again",
    errno.EDQUOT: "your quota is used up: free some room, and do it again",
    errno.EFBIG: "files may not be that large here: see ulimit -f, or name a folder elsewhere",
    errno.EROFS: "name a folder that can be written to, or mount it for writing",
    errno.EACCES: "name a folder that you may write to, or ask its owner for the right to",
    errno.EPERM: "name a folder that you may write to, or ask its owner for the right to",
    errno.ENOENT: "make its folder first",
    errno.ENOTDIR: "a part of this path is a file: name a folder",
    errno.EEXIST: "a file has the name of a folder: name another one",
    errno.EISDIR: "it is a folder: name a file",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ELOOP: "its links lead in a circle: name another one",
}
ROOM = 2**18  # bytes: about what the smallest version takes


def told(error: OSError, path: Path | str | None = None) -> str:
    """One line with the path, the cause and the remedy."""
    where = path or error.filename or "the disk or the standard output"
    remedy = REMEDIES.get(error.errno or 0)
    cause = f"{where}: cannot be read or written ({error.strerror or error})"
    return f"{cause}; {remedy}" if remedy else cause


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what a disk refuses into an InputError that names the path.

    Errors that may pass by themselves, such as those of a network, stay what they are.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in REMEDIES:
            raise
        cause = f"{path}: cannot be written ({error.strerror})"
        raise InputError(f"{cause}; {REMEDIES[error.errno]}") from error


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make the folder, with those above it; after an error those that were made are gone again."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in new:
            with suppress(OSError):  # somebody else has put something there meanwhile
                each.rmdir()
        raise


def write(path: Path, content: bytes) -> None:
    """Write a file in one step: until then its place is empty or has what it had.

    Raises InputError where the disk refuses it.
    """
    draft = path.with_name(f".{path.name[:200]}-{uuid4().hex}")
    with writing(path):
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise


def demand_room(folder: Path, size: int = ROOM) -> None:
    """Raises InputError unless that many bytes fit into the folder, or where it would be made.

    What was tried leaves nothing behind.
    """
    with writing(folder):
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        if shutil.disk_usage(there).free < size:
            raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} for {size:,} bytes")
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(bytes(min(size, ROOM)))
            file.flush()
            os.fsync(file.fileno())
