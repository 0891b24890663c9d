"""What repeats exactly: rows that are copies, and components that sit on one value."""

from __future__ import annotations

import numpy as np

from include.gmm.mixture.choice import Caution
from include.gmm.mixture.em.kernel import log_density, memberships
from include.gmm.mixture.parameters import Array, Parameters
from include.gmm.mixture.rows.sample import Sample
from include.gmm.mixture.rows.source import Source, column_name
from include.gmm.mixture.rows.weights import are_counts

ON_ONE_VALUE = 1.05  # a variance at most this many times what rounding alone gives


def point_masses(sample: Sample, source: Source, mixture: Parameters) -> list[Caution]:
    """Warnings of repeated rows that no resolution explains, and of components on one value.

    A component on one value of a rounded column is as narrow as the likelihood lets it be: it is
    sound, but it says that a value is frequent rather than that a group is there.
    """
    cells = sample.cells
    if cells is None:
        constant = np.zeros(source.n_features)
        constant = constant if source.cell_variance is None else source.cell_variance
        cells = np.broadcast_to(constant, sample.rows.shape)
    cautions = []
    if not (cells > 0).all():
        for row, share in sample.repeated:
            values = ", ".join(f"{value:.4g}" for value in row)
            counted = source.sample_weight is None or are_counts(source.sample_weight)
            what = "rows are copies of" if counted else "weight lies on"
            cautions.append(
                Caution(
                    f"{100 * share:.1f} % of the {what} one row ({values}): if they are an "
                    "artefact, leave them out; if their columns are rounded, set the resolution."
                )
            )
    return cautions + _on_one_value(sample.rows, sample.weights, cells, source, mixture)


def _on_one_value(
    rows: Array, weights: Array, cells: Array, source: Source, mixture: Parameters
) -> list[Caution]:
    if not cells.any():
        return []
    responsibilities, ignored = np.empty((len(rows), len(mixture.weights))), np.empty(len(rows))
    density = log_density(mixture, mixture.weights @ mixture.means)
    memberships(rows, density, responsibilities, ignored)
    shares = responsibilities * weights[:, None]
    shares /= np.maximum(shares.sum(axis=0), np.finfo(np.float64).tiny)
    hidden = shares.T @ cells  # (K, d): the variance that rounding alone gives
    variances = mixture.covariances
    if variances.ndim == 3:
        variances = np.diagonal(variances, axis1=1, axis2=2)
    found = (hidden > 0) & (variances < ON_ONE_VALUE * hidden)
    return [
        Caution(
            f"sits on one value of column {column_name(source.names, column)}: "
            "that value is frequent.",
            int(component),
        )
        for component, column in np.argwhere(found)
    ]
