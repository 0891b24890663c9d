"""What a promotion rests on, the comparison with the champion, and what came of it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from include.gmm import wholeness
from include.gmm.parts import MOST_SEGMENTS, Count, Number, Part, Share, Text

Outcome = Literal["promoted", "kept", "superseded", "would_promote", "would_keep", "disabled"]
Cause = Literal["gates", "person", "rollback"]


class Appointment(BaseModel):
    """That a version was made the champion: what its record says to people."""

    model_config = ConfigDict(frozen=True)

    serial: int = Field(ge=1, description="1, 2, ...: the last one is the champion now")
    cause: Cause
    actor: Text = Field(description="Who appointed it: the run of a DAG, or a person")
    appointed_at: Text = Field(description="UTC, ISO 8601")


class Gate(Part):
    """One of the conditions on which a version becomes the champion by rule."""

    name: Literal["log_likelihood", "degenerate", "smallest_share", "stability", "moved"]
    title: Text
    value: float | None = Field(description="None where it cannot be told")
    limit: float
    passed: bool
    sentence: Text = Field(description="The figure in words")


class FormerSegment(Part):
    """A segment of the champion, applied to the rows of this version."""

    number: Number
    name: Text
    rows: Count


class Succession(Part):
    """A version beside the champion of the time: who its segments are, and whether it may follow.

    `flow` (former, present) counts rows by their most probable segments in both.
    """

    champion: Text | None = Field(description="Its version; None before the first one")
    serial: Count = Field(description="Of the champion, 0 for none")
    segment_ids: tuple[Number, ...] = Field(
        min_length=1, max_length=MOST_SEGMENTS, description="Of the components, in order"
    )
    former: list[FormerSegment] = Field(max_length=MOST_SEGMENTS)
    flow: list[list[Count]]
    retired: list[Number] = Field(
        max_length=MOST_SEGMENTS, description="Ids of the champion that no segment goes on with"
    )
    moved: Share | None = Field(
        description="Share of rows that would leave their segment; None if nothing compares"
    )
    note: Text = Field(default="", description="Why the champion cannot be compared, or nothing")
    gates: list[Gate] = Field(max_length=5, description="One of each at most")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wholeness.check_succession(self)
        return self

    @property
    def passed(self) -> bool:
        """Whether every gate is."""
        return all(gate.passed for gate in self.gates)


class Promoted(Part):
    """What became of a version: whether it is the champion, and on what grounds."""

    schema_version: Literal[1] = 1
    segmentation: Text
    version: Text
    outcome: Outcome
    sentence: Text
    champion: Text | None = Field(description="The version that is the champion now")
    serial: Count = Field(description="Of that champion, 0 for none")
    succession: Succession = Field(description="The comparison that decided")
