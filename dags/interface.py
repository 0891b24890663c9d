"""Imported by each DAG file before all else of the project: does include/ fit?

`astro deploy --dags` brings these files alone, and leaves the include/ that is in the image.
"""

NUMBER = 1  # of include/orchestration/interface.py, which these files were written for

try:
    from include.orchestration.interface import must_fit
except ModuleNotFoundError as error:
    if error.name != "include.orchestration.interface":
        raise
    raise ImportError(
        f"dags/ is newer than include/ in the image (interface {NUMBER}, not yet numbered): deploy "
        "the image as well, with `astro deploy` in place of `astro deploy --dags`"
    ) from None

must_fit(NUMBER)
