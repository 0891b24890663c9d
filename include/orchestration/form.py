"""The trigger form: what a person may change for one run."""

from __future__ import annotations

from typing import Any, get_args

from airflow.sdk import Param

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.settings import CovarianceType, Criterion, Mixture, Segmentation
from include.orchestration.champions import START_OVER

FEWEST, MOST = "Fewest segments", "Most segments"


def trigger_form(mixture: Mixture) -> dict[str, Param]:
    """Params of a training DAG, with the segmentation's own settings as defaults."""
    return {
        "min_components": Param(
            mixture.n_components.min,
            type="integer",
            minimum=1,
            maximum=50,
            title=FEWEST,
            description="Smallest number of mixture components to try.",
        ),
        "max_components": Param(
            mixture.n_components.max,
            type="integer",
            minimum=1,
            maximum=50,
            title=MOST,
            description="Largest number of mixture components to try.",
        ),
        "covariance_types": Param(
            list(mixture.covariance_types),
            type="array",
            items={"type": "string", "enum": list(get_args(CovarianceType))},
            examples=list(get_args(CovarianceType)),
            minItems=1,
            title="Covariance types",
            description="Shapes that a segment may take: full (any ellipsoid), tied (one ellipsoid "
            "for all), diag (aligned with the features), spherical (round).",
        ),
        "criterion": Param(
            mixture.criterion,
            type="string",
            enum=list(get_args(Criterion)),
            title="Criterion",
            description="What decides between mixtures: bic (fit against size), icl (prefers "
            "segments that do not overlap), aic (prefers more segments).",
        ),
        "seed": Param(
            mixture.seed,
            type="integer",
            minimum=0,
            maximum=2**32 - 1,
            title="Seed",
            description="The same seed on the same data gives the same model, byte for byte.",
        ),
        START_OVER: Param(
            False,
            type="boolean",
            title="Start over",
            description="Only where the store has lost the champion for good: go on with what is "
            "left in it, and with new segment ids if that is nothing.",
        ),
    }


def with_choices(segmentation: Segmentation, params: dict[str, Any]) -> Segmentation:
    """The segmentation with the choices of the form. Raises InputError when they contradict."""
    fewest, most = params["min_components"], params["max_components"]
    if fewest > most:
        raise InputError(f"trigger form: {FEWEST} ({fewest}) is more than {MOST} ({most})")
    # Airflow takes whatever a request for a run brings, and passes on what no field is for.
    if unknown := sorted(params.keys() - trigger_form(segmentation.mixture).keys()):
        raise InputError(
            f"trigger form: there is no {', '.join(map(repr, unknown))}; there are "
            f"{', '.join(trigger_form(segmentation.mixture))}"
        )
    content = segmentation.model_dump()
    content["mixture"].update(
        n_components={"min": fewest, "max": most},
        covariance_types=params["covariance_types"],
        criterion=params["criterion"],
        seed=params["seed"],
    )
    return settings.validate(content, "trigger form")
