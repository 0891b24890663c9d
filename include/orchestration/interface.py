"""What dags/ may call in include/ has a number, because the two can be deployed apart.

`astro deploy --dags` brings dags/ alone, and an image that is deployed by itself include/ alone.
The number here and the one in dags/interface.py rise together whenever a function, a task or a
setting that dags/ uses is renamed, goes away, or takes or gives something else.
tests/dags/test_interface.py notices it.
"""

from __future__ import annotations

NUMBER = 1
DIGEST = "148f7832891f6d01"  # of the signatures that the number stands for


def must_fit(number: int) -> None:
    """Raise ImportError where the DAG files were written for another number than that of here."""
    if number != NUMBER:
        age = "newer" if number > NUMBER else "older"
        raise ImportError(
            f"dags/ is {age} than include/ in the image (interface {number}, not {NUMBER}): deploy "
            "the image as well, with `astro deploy` in place of `astro deploy --dags`"
        )
