"""The summary in the folder of a version, for those who only read it."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from include.gmm.errors import InputError
from include.gmm.summary import Summary


def read(folder: Path) -> Summary:
    """The summary in the folder of a version.

    Raises InputError that names the file and how to come by one that can be read.
    """
    path = folder / "summary.json"
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); name the folder of a version, "
            "<models>/<segmentation>/<version>, and if the file is not there, train again"
        ) from error
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is no JSON; the file was damaged. Train again") from None
    expected = Summary.model_fields["schema_version"].default
    found = content.get("schema_version") if isinstance(content, dict) else None
    if found != expected:
        raise InputError(
            f"{path}: has schema {found}, and this release reads schema {expected}; train again"
        )
    try:
        return Summary.model_validate(content)
    except ValidationError as error:
        raise InputError(
            f"{path}: {error.error_count()} fields are not as this release writes them; train again"
        ) from None
