"""The summary of a version: what XCom carries and what people read.

Its size does not depend on the number of rows: at most 50 segments, histograms, and a sample of
bounded size. It is all that the plugin knows of a model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from include.gmm.settings import CovarianceType, Criterion

Outcome = Literal["promoted", "kept", "superseded", "would_promote", "would_keep", "disabled"]
HISTOGRAM_BINS = 20  # of [0, 1]: one bar for every five percent of probability


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def with_unit(label: str, unit: str) -> str:
    """A column's label with its unit, where the label does not name the unit itself."""
    named = not unit or unit.lower() in label.lower().split()
    return label if named else f"{label} ({unit})"


class FeatureSummary(_Part):
    """A column in the user's own units, over all rows."""

    name: str
    label: str
    unit: str
    in_mixture: bool = Field(description="False for columns that only describe the segments")
    transform: Literal["none", "log1p"]
    resolution: float
    mean: float | None
    standard_deviation: float | None
    median: float | None
    centre: float | None = Field(
        description="What standardising subtracts after the transform; None out of the mixture"
    )
    scale: float | None = Field(description="What it divides by; None out of the mixture")

    @property
    def heading(self) -> str:
        """The label with the unit, where the label does not name the unit itself."""
        return with_unit(self.label, self.unit)


class SegmentSummary(_Part):
    """A component of the mixture; they stand in order of their mixing weights."""

    number: int = Field(
        description="Its id: that of the champion's segment that it goes on with, or a new one"
    )
    name: str = Field(description="Given in the segmentation file, or nothing")
    weight: float = Field(description="Mixing weight: the mean responsibility of the fit")
    rows: int = Field(description="Rows whose most probable segment is this one")
    share: float = Field(description="rows / all rows")
    mean_probability: float | None = Field(
        description="Mean membership probability of the rows assigned here; None if there are none"
    )
    mean_memberships: list[float] = Field(
        description="Mean probability of each segment, in order, over the rows assigned to this "
        "one: with which it is confused. Empty if there are none"
    )
    histogram: list[int] = Field(
        description="Assigned rows by their membership probability, HISTOGRAM_BINS bins of [0, 1]"
    )
    profile: dict[str, float | None] = Field(
        description="Mean of each column, every row weighted by its membership probability"
    )


class MixtureSummary(_Part):
    """The parameters, in scikit-learn's shapes and order, of the standardised features."""

    weights: list[float]
    means: list[list[float]]
    covariances: list[Any] = Field(description="As the covariance type has them")
    axes: list[list[float]] = Field(
        description="(features, 2): the projection in which the segments lie furthest apart; one "
        "column where there is one feature"
    )


class Row(_Part):
    """One row that is hard to assign."""

    key: str
    values: list[float] = Field(description="Of the features of the mixture, in order")
    probabilities: list[float]


class Sample(_Part):
    """Some rows, drawn by their keys, without the keys: what the map shows."""

    values: list[list[float]] = Field(description="Each row's features of the mixture, in order")
    segments: list[int] = Field(description="Number of the most probable one")
    probabilities: list[float] = Field(description="Of that segment")


class CandidateSummary(_Part):
    """One of the mixtures that were tried."""

    n_components: int
    covariance_type: CovarianceType
    log_likelihood: float
    degrees_of_freedom: int
    bic: float
    icl: float
    aic: float
    smallest_eigenvalue: float
    eigenvalue_floor: float = Field(description="At or below it a component has collapsed")
    degenerate: bool
    converged: bool
    passes: int = Field(description="Over all rows")
    starts: int
    starts_agreed: int = Field(description="Starts that reached the optimum that won")
    seconds: float = Field(description="With its share of the passes made for all candidates")
    reason: str = Field(default="", description="Why it is degenerate, or nothing")


class Evaluation(_Part):
    """How the saved artifact does on rows that it has not seen, and how sure it is of all rows."""

    rows_fitted: int
    rows_held_out: int
    log_likelihood_per_row_fitted: float
    log_likelihood_per_row_held_out: float
    mean_largest_probability: float
    share_below_60_percent: float


class Gate(_Part):
    """One of the conditions on which a version becomes the champion by rule."""

    name: Literal["log_likelihood", "degenerate", "smallest_share", "stability", "moved"]
    title: str
    value: float | None = Field(description="None where it cannot be told")
    limit: float
    passed: bool
    sentence: str = Field(description="The figure in words")


class FormerSegment(_Part):
    """A segment of the champion, applied to the rows of this version."""

    number: int
    name: str
    rows: int


class Succession(_Part):
    """A version beside the champion of the time: who its segments are, and whether it may follow.

    `flow` (former, present) counts rows by their most probable segments in both.
    """

    champion: str | None = Field(description="Its version; None before the first one")
    serial: int = Field(description="Of the champion, 0 for none")
    segment_ids: tuple[int, ...] = Field(description="Of the components, in order")
    former: list[FormerSegment]
    flow: list[list[int]]
    retired: list[int] = Field(description="Ids of the champion that no segment goes on with")
    moved: float | None = Field(
        description="Share of rows that would leave their segment; None if nothing compares"
    )
    note: str = Field(default="", description="Why the champion cannot be compared, or nothing")
    gates: list[Gate]

    @property
    def passed(self) -> bool:
        """Whether every gate is."""
        return all(gate.passed for gate in self.gates)


class Promoted(_Part):
    """What became of a version: whether it is the champion, and on what grounds."""

    schema_version: Literal[1] = 1
    segmentation: str
    version: str
    outcome: Outcome
    sentence: str
    champion: str | None = Field(description="The version that is the champion now")
    serial: int = Field(description="Of that champion, 0 for none")
    succession: Succession = Field(description="The comparison that decided")


class Choice(_Part):
    """The mixtures that were tried, and which was chosen by what rule."""

    n_components: int
    covariance_type: CovarianceType
    criterion: Criterion
    rule: str = Field(description="The sentence that says why this candidate was chosen")
    lead: str = Field(description="How far the runner-up is behind, in words")
    warnings: list[str]
    candidates: list[CandidateSummary] = Field(min_length=1)


class Summary(Choice):
    """Schema 3."""

    schema_version: Literal[3] = 3
    segmentation: str
    title: str
    version: str
    created_at: str = Field(description="UTC, ISO 8601")
    rows: int
    key: str
    seed: int
    features: list[FeatureSummary]
    segments: list[SegmentSummary] = Field(min_length=1)
    mixture: MixtureSummary
    ambiguous: list[Row] = Field(description="The rows whose largest probability is smallest")
    sample: Sample
    evaluation: Evaluation
    succession: Succession
    model_path: str = Field(description="model.joblib, relative to the project where it is inside")
    model_sha256: str

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
                "warnings": [of_segment(warning, "Segment", ids) for warning in self.warnings],
                "succession": succession,
                "segments": renumbered,
                "sample": self.sample.model_copy(update={"segments": drawn}),
            }
        )


def of_segment(warning: str, word: str, ids: Mapping[int, int]) -> str:
    """A warning that begins with a `word` and its number, by the id that `ids` gives for it."""
    return re.sub(
        rf"^{word} (\d+)\b", lambda found: f"Segment {ids[int(found[1])]}", warning, count=1
    )
