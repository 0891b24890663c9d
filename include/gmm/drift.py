"""What a monitoring run found: what XCom carries and what people read, of bounded size."""

from __future__ import annotations

import itertools
import math
from typing import Literal, Self

from pydantic import Field, model_validator

from include.gmm.parts import MOST_SEGMENTS, Count, Number, Part, Share, Text

Kind = Literal["feature", "log_likelihood", "segment_shares", "sureness"]


class Measure(Part):
    """One way in which data can drift, and how far it did.

    A breach is a value above its threshold, and above what chance alone reaches in so many rows.
    """

    name: Text = Field(description="The feature, or the kind where it is of no feature")
    kind: Kind
    label: Text
    value: float
    threshold: float = Field(gt=0)
    by_chance: float = Field(
        description="What rows of the same distribution exceed once in a thousand times"
    )
    breached: bool
    sentence: Text = Field(description="Then and now in words")

    @property
    def multiple(self) -> float:
        """Of the threshold."""
        return self.value / self.threshold

    @model_validator(mode="after")
    def _the_multiple_is_a_number(self) -> Self:
        if not math.isfinite(self.multiple):
            raise ValueError("the value is beyond every multiple of the threshold")
        return self


class FeatureDrift(Part):
    """The rows by the value of one feature, when the version was fitted and now."""

    name: Text
    label: Text
    unit: Text
    edges: list[float] = Field(
        description="Between the bins, ascending; a value on an edge is in the bin below it"
    )
    then: list[Share] = Field(description="Share of rows in each bin, one more than edges")
    now: list[Share]
    mean_then: float
    mean_now: float

    @model_validator(mode="after")
    def _one_share_for_each_bin(self) -> Self:
        if not len(self.then) == len(self.now) == len(self.edges) + 1:
            raise ValueError("there must be one share more than there are edges, then and now")
        if any(low > high for low, high in itertools.pairwise(self.edges)):
            raise ValueError("the edges must ascend")
        return self


class SegmentDrift(Part):
    """The share of rows that a segment of the champion has."""

    number: Number
    name: Text = Field(description="Given in the segmentation file, or nothing")
    then: Share
    now: Share


class Drift(Part):
    """The data of a moment beside those that a version was fitted to."""

    schema_version: Literal[1] = 1
    segmentation: Text
    title: Text
    version: Text = Field(description="The champion that the data was held against")
    created_at: Text = Field(description="When it was made, UTC, ISO 8601")
    measured_at: Text = Field(description="UTC, ISO 8601")
    rows_then: Count
    rows_now: Count
    measures: list[Measure]
    features: list[FeatureDrift] = Field(description="Those of the mixture, in order")
    segments: list[SegmentDrift] = Field(
        min_length=1, max_length=MOST_SEGMENTS, description="In order of the components"
    )
    breached: bool
    sentence: Text = Field(description="Whether it is a breach, and why")

    @model_validator(mode="after")
    def _each_segment_has_its_number(self) -> Self:
        if len({segment.number for segment in self.segments}) < len(self.segments):
            raise ValueError("two segments have the same number")
        return self
