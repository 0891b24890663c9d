"""What stays loaded in the API server, and need not be looked through for garbage."""

from __future__ import annotations

import gc

_parts: set[str] = set()


def stays(part: str) -> None:
    """Say it after a part of the tab has answered: all that is loaded by then is there to stay.

    Otherwise Python's collector looks at all of Airflow's modules again and again. That takes most
    of a second, in which nobody is answered, and twenty readers bring it about every two seconds.
    """
    if part not in _parts:
        _parts.add(part)
        gc.freeze()
