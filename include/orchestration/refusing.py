"""What cannot be mended by trying again is not tried again."""

from __future__ import annotations

import functools
from collections.abc import Callable

from airflow.sdk.exceptions import AirflowFailException

from include.gmm.errors import BusyError, InputError


def refusing[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Fail at once on an InputError: a retry would meet the same data and settings."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BusyError:
            raise  # which a retry may find free
        except InputError as error:
            raise AirflowFailException(str(error)) from error

    return wrapper
