"""What a monitoring run found: what XCom carries and what people read, of bounded size."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["feature", "log_likelihood", "segment_shares", "sureness"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Measure(_Part):
    """One way in which data can drift, and how far it did.

    A breach is a value above its threshold, and above what chance alone reaches in so many rows.
    """

    name: str = Field(description="The feature, or the kind where it is of no feature")
    kind: Kind
    label: str
    value: float
    threshold: float = Field(gt=0)
    by_chance: float = Field(
        description="What rows of the same distribution exceed once in a thousand times"
    )
    breached: bool
    sentence: str = Field(description="Then and now in words")


class FeatureDrift(_Part):
    """The rows by the value of one feature, when the version was fitted and now."""

    name: str
    label: str
    unit: str
    edges: list[float] = Field(
        description="Between the bins, ascending; a value on an edge is in the bin below it"
    )
    then: list[float] = Field(description="Share of rows in each bin, one more than edges")
    now: list[float]
    mean_then: float
    mean_now: float

    @model_validator(mode="after")
    def _one_share_for_each_bin(self) -> Self:
        if not len(self.then) == len(self.now) == len(self.edges) + 1:
            raise ValueError("there must be one share more than there are edges, then and now")
        return self


class SegmentDrift(_Part):
    """The share of rows that a segment of the champion has."""

    number: int
    name: str = Field(description="Given in the segmentation file, or nothing")
    then: float
    now: float


class Drift(_Part):
    """The data of a moment beside those that a version was fitted to."""

    schema_version: Literal[1] = 1
    segmentation: str
    title: str
    version: str = Field(description="The champion that the data was held against")
    created_at: str = Field(description="When it was made, UTC, ISO 8601")
    measured_at: str = Field(description="UTC, ISO 8601")
    rows_then: int
    rows_now: int
    measures: list[Measure]
    features: list[FeatureDrift] = Field(description="Those of the mixture, in order")
    segments: list[SegmentDrift] = Field(min_length=1, description="In order of the components")
    breached: bool
    sentence: str = Field(description="Whether it is a breach, and why")
