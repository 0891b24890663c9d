"""Files of things, and the source that a segmentation declares of them."""

from pathlib import Path

from include.gmm.settings import Source


def source(file: Path | None, **columns: str) -> Source:
    """The table raw.things, loaded of a file or there already."""
    return Source(
        table="raw.things",
        file=None if file is None else str(file),
        columns=columns or {"id": "INTEGER", "amount": "DOUBLE"},
    )


def csv(folder: Path, text: str) -> Path:
    """A file with this text."""
    path = folder / "things.csv"
    path.write_text(text)
    return path
