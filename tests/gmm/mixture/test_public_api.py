"""The public API: what it says of itself in numpydoc's format, and when it is imported."""

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from include.gmm import mixture
from tests.conftest import PROJECT

validate = pytest.importorskip("numpydoc.validate", reason="numpydoc is not in the image").validate

PACKAGE = mixture.__name__
# Text begins on the line of the quotes (GL01), and what one sentence says needs no longer text
# (ES01), "See Also" (SA01) or example (EX01).
NOT_ASKED = {"GL01", "ES01", "SA01", "EX01"}


def documented() -> Iterator[str]:
    """The public names, and the methods and properties that they define or inherit from us."""
    for name in mixture.__all__:
        yield f"{PACKAGE}.{name}"
        public = getattr(mixture, name)
        if not inspect.isclass(public):
            continue
        ours = [each for each in public.__mro__ if each.__module__.startswith(PACKAGE)]
        members = {member for each in ours for member in vars(each)}
        for member in sorted(each for each in members if not each.startswith("_")):
            value = inspect.getattr_static(public, member)
            if inspect.isfunction(value) and not value.__module__.startswith(PACKAGE):
                continue  # scikit-learn adds set_fit_request and its like
            if inspect.isfunction(value) or isinstance(value, property):
                yield f"{PACKAGE}.{name}.{member}"


@pytest.mark.parametrize("name", tuple(documented()))
def test_what_is_public_is_documented(name: str) -> None:
    faults = [fault for fault in validate(name)["errors"] if fault[0] not in NOT_ASKED]
    assert faults == []


def test_all_that_the_estimator_does_is_looked_at() -> None:
    names = {name.rpartition(".")[2] for name in documented()}
    assert {"fit", "predict_proba", "iter_proba", "select_mixture", "table"} <= names


def test_who_needs_but_a_type_does_not_wait_for_scikit_learn() -> None:
    look = (
        "import sys\n"
        "from include.gmm.mixture.parameters import Array\n"
        "assert 'sklearn' not in sys.modules\n"
        "from include.gmm.mixture import select_mixture\n"
        "assert 'sklearn' in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", look],
        check=True,
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )


def test_what_is_not_public_is_refused_by_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'choose_kernel'"):
        mixture.choose_kernel  # noqa: B018
