"""The summary of a version: what XCom carries and what people read.

Its size does not depend on the number of rows: at most 50 segments, histograms, and a sample of
bounded size. It is all that the plugin knows of a model.
"""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from include.gmm import wholeness
from include.gmm.parts import MOST_SEGMENTS, Count, Number, Part, Share, Standardised, Text
from include.gmm.promotion_record import Succession
from include.gmm.settings import CovarianceType, Criterion

HISTOGRAM_BINS = 20  # of [0, 1]: one bar for every five percent of probability
SAMPLE_ROWS = 1_000
AMBIGUOUS_ROWS = 10
Spherical = list[Standardised]  # a variance for each component
Matrix = list[list[Standardised]]


def with_unit(label: str, unit: str) -> str:
    """A column's label with its unit, where the label does not name the unit itself."""
    named = not unit or unit.lower() in label.lower().split()
    return label if named else f"{label} ({unit})"


class FeatureSummary(Part):
    """A column in the user's own units, over all rows."""

    name: Text
    label: Text
    unit: Text
    in_mixture: bool = Field(description="False for columns that only describe the segments")
    transform: Literal["none", "log1p"]
    resolution: float
    mean: float | None
    standard_deviation: float | None
    median: float | None
    centre: float | None = Field(
        description="What standardising subtracts after the transform; None out of the mixture"
    )
    scale: float | None = Field(gt=0, description="What it divides by; None out of the mixture")

    @property
    def heading(self) -> str:
        """The label with the unit, where the label does not name the unit itself."""
        return with_unit(self.label, self.unit)


class SegmentSummary(Part):
    """A component of the mixture; they stand in order of their mixing weights."""

    number: Number = Field(
        description="Its id: that of the champion's segment that it goes on with, or a new one"
    )
    name: Text = Field(description="Given in the segmentation file, or nothing")
    weight: Share = Field(description="Mixing weight: the mean responsibility of the fit")
    rows: Count = Field(description="Rows whose most probable segment is this one")
    share: Share = Field(description="rows / all rows")
    mean_probability: Share | None = Field(
        description="Mean membership probability of the rows assigned here; None if there are none"
    )
    mean_memberships: list[Share] = Field(
        description="Mean probability of each segment, in order, over the rows assigned to this "
        "one: with which it is confused. Empty if there are none"
    )
    histogram: list[Count] = Field(
        min_length=HISTOGRAM_BINS,
        max_length=HISTOGRAM_BINS,
        description="Assigned rows by their membership probability, in equal bins of [0, 1]",
    )
    profile: dict[str, float | None] = Field(
        description="Mean of each column, every row weighted by its membership probability"
    )


class MixtureSummary(Part):
    """The parameters, in scikit-learn's shapes and order, of the standardised features."""

    weights: list[Share]
    means: list[list[Standardised]]
    covariances: Spherical | Matrix | list[Matrix] = Field(
        union_mode="left_to_right", description="As the covariance type has them"
    )
    axes: Matrix = Field(
        description="(features, 2): the projection in which the segments lie furthest apart; one "
        "column where there is one feature"
    )


class Row(Part):
    """One row that is hard to assign."""

    key: str
    values: list[float] = Field(description="Of the features of the mixture, in order")
    probabilities: list[Share]


class Sample(Part):
    """Some rows, drawn by their keys, without the keys: what the map shows."""

    values: list[list[float]] = Field(description="Each row's features of the mixture, in order")
    segments: list[Number] = Field(
        max_length=SAMPLE_ROWS, description="Number of the most probable one"
    )
    probabilities: list[Share] = Field(description="Of that segment")


class CandidateSummary(Part):
    """One of the mixtures that were tried."""

    n_components: int = Field(ge=1, le=MOST_SEGMENTS)
    covariance_type: CovarianceType
    log_likelihood: float
    degrees_of_freedom: Count
    bic: float
    icl: float
    aic: float
    smallest_eigenvalue: float
    eigenvalue_floor: float = Field(description="At or below it a component has collapsed")
    degenerate: bool
    converged: bool
    passes: Count = Field(description="Over all rows")
    starts: Count
    starts_agreed: Count = Field(description="Starts that reached the optimum that won")
    seconds: float = Field(description="With its share of the passes made for all candidates")
    reason: Text = Field(default="", description="Why it is degenerate, or nothing")


class Evaluation(Part):
    """How the saved artifact does on rows that it has not seen, and how sure it is of all rows."""

    rows_fitted: Count
    rows_held_out: Count
    log_likelihood_per_row_fitted: float
    log_likelihood_per_row_held_out: float
    mean_largest_probability: Share
    share_below_60_percent: Share
    least_log_density: float = Field(
        description="Of all rows, in the standardised space: what lies below is like none of them"
    )


class Caution(Part):
    """What to be wary of: a fact, for ids of segments change until a version is decided on."""

    sentence: Text = Field(description="Of a component what is said of it, behind its name")
    component: int | None = Field(
        default=None, ge=0, lt=MOST_SEGMENTS, description="Its place in the mixture"
    )


class Choice(Part):
    """The mixtures that were tried, and which was chosen by what rule."""

    n_components: int = Field(ge=1, le=MOST_SEGMENTS)
    covariance_type: CovarianceType
    criterion: Criterion
    rule: Text = Field(description="The sentence that says why this candidate was chosen")
    lead: Text = Field(description="How far the runner-up is behind, in words")
    warnings: list[Caution]
    candidates: list[CandidateSummary] = Field(
        min_length=1, max_length=MOST_SEGMENTS * len(get_args(CovarianceType))
    )


class Summary(Choice):
    """Schema 5."""

    schema_version: Literal[5] = 5
    segmentation: Text
    title: Text
    version: Text
    created_at: Text = Field(description="UTC, ISO 8601")
    rows: Count
    key: Text
    seed: Count
    features: list[FeatureSummary]
    segments: list[SegmentSummary] = Field(min_length=1, max_length=MOST_SEGMENTS)
    mixture: MixtureSummary
    ambiguous: list[Row] = Field(
        max_length=AMBIGUOUS_ROWS, description="The rows whose largest probability is smallest"
    )
    sample: Sample
    evaluation: Evaluation
    succession: Succession
    model_path: Text = Field(description="model.joblib, relative to the project where it is inside")
    model_sha256: Text

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wholeness.check_summary(self)
        return self

    @property
    def cautions(self) -> list[str]:
        """What to be wary of, in sentences: they call components by their segments' ids of now."""
        return [
            caution.sentence
            if caution.component is None
            else f"Segment {self.segments[caution.component].number} {caution.sentence}"
            for caution in self.warnings
        ]

    def following(self, succession: Succession) -> Summary:
        """The same with the segment ids of another comparison."""
        before = [segment.number for segment in self.segments]
        ids = dict(zip(before, succession.segment_ids, strict=True))
        names = {segment.number: segment.name for segment in self.segments}
        names |= {former.number: former.name for former in succession.former}
        renumbered = [
            segment.model_copy(update={"number": number, "name": names.get(number, "")})
            for segment, number in zip(self.segments, succession.segment_ids, strict=True)
        ]
        drawn = [ids[number] for number in self.sample.segments]
        return self.model_copy(
            update={
                "succession": succession,
                "segments": renumbered,
                "sample": self.sample.model_copy(update={"segments": drawn}),
            }
        )
