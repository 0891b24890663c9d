"""Published results of mclust, to be reached by fits that are not degenerate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from include.gmm.mixture import select_mixture

REFERENCE = Path(__file__).parents[2] / "reference"
DATA = {
    "faithful": pd.read_csv(REFERENCE / "faithful.csv").to_numpy(np.float64),
    "iris": load_iris().data,
}
PUBLISHED = pd.read_csv(REFERENCE / "mclust.csv").to_dict("records")


@pytest.mark.parametrize("within", ["alone", "in a range"])
@pytest.mark.parametrize(
    "row",
    PUBLISHED,
    ids=lambda row: f"{row['dataset']}-{row['covariance_type']}-{row['n_components']}",
)
def test_published_results_are_reached(row: dict[str, Any], within: str) -> None:
    k = row["n_components"]
    sizes: Sequence[int] = [k] if within == "alone" else range(1, k + 1)

    selection = select_mixture(
        DATA[row["dataset"]], sizes, [row["covariance_type"]], resolution=None
    )

    candidate = selection.candidates[-1]
    assert candidate.n_components == k
    assert not candidate.degenerate
    assert candidate.converged
    assert -candidate.bic >= row["bic_mclust"] - 0.02
    if not np.isnan(row["loglik"]):
        assert candidate.log_likelihood >= row["loglik"] - 0.01
        assert candidate.degrees_of_freedom == row["df"]


@pytest.mark.parametrize("seed", range(3))
def test_the_published_winner_of_old_faithful_is_chosen(seed: int) -> None:
    selection = select_mixture(DATA["faithful"], range(1, 10), resolution=None, seed=seed)
    assert selection.best.name == "3 components, tied"
    assert -selection.best.bic >= -2314.316 - 0.02
    assert selection.best.starts_agreed > 1


def test_the_published_winner_of_iris_is_chosen_among_types_that_scikit_learn_has() -> None:
    # VVV with two components is ahead of all EEE, VVI and VII in the published table.
    selection = select_mixture(DATA["iris"], range(1, 4), resolution=None)
    assert selection.best.name == "2 components, full"
    assert -selection.best.bic == pytest.approx(-574.0178, abs=0.02)


@pytest.mark.parametrize("row", PUBLISHED[::4], ids=str)
def test_the_scikit_learn_model_has_the_published_bic_too(row: dict[str, Any]) -> None:
    rows = DATA[row["dataset"]]
    kind, k = row["covariance_type"], row["n_components"]
    model = select_mixture(rows, [k], [kind], resolution=None).to_sklearn()
    assert -model.bic(rows) >= row["bic_mclust"] - 0.02
