"""What is stored of versions and champions, and what is handed on in their place."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from include.gmm.promotion_record import Appointment
from include.gmm.setting_types import Name, Sha256
from include.gmm.settings import Segmentation
from include.gmm.transform import Scale

VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}(-[0-9]+)?")
Version = Annotated[str, Field(pattern=f"^{VERSION.pattern}$")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataRecord(_Record):
    """What the model was fitted to."""

    rows: int
    rows_fitted: int
    rows_left_out: int = Field(default=0, description="Because a feature is missing")
    key: str
    features: dict[str, Scale]
    digest: Sha256 = Field(description="Of the snapshot")
    snapshot: str | None = Field(description="Its name in the store; None for the rows of a file")


class Manifest(_Record):
    """Written last; what the version is, and the digests by which its files are known."""

    schema_version: Literal[4] = 4
    segmentation: Name
    version: Version
    created_at: str
    as_of: str = Field(description="The moment, UTC, whose data this is: the newest champion wins")
    files: dict[str, Sha256]
    data: DataRecord
    settings: Segmentation
    seed: int
    libraries: dict[str, str]


class Reference(_Record):
    """What is handed from task to task in place of a model: small, and enough to verify it."""

    segmentation: Name
    version: Version
    manifest_sha256: Sha256


class Champion(Appointment):
    """A version that was made the champion, and the ids under which people know its segments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reference: Reference
    as_of: str = Field(description="The moment, UTC, of the data that the version was fitted to")
    segment_ids: tuple[int, ...] = Field(
        min_length=1, description="One for each component, in their order"
    )
    greatest_id: int = Field(description="No id up to here is free: each is or was somebody's")
    predecessor: int | None = Field(description="Serial of the one that a rollback returns to")
    attempt: str = Field(
        description="Random: of two that appoint the same version in the same second, one did"
    )
    preceding_sha256: Sha256 | None = Field(
        description="Digest of the record before this one; None for the first"
    )

    @model_validator(mode="after")
    def _ids_are_of_one_segment_each(self) -> Self:
        ids = self.segment_ids
        if len(set(ids)) < len(ids) or min(ids) < 1 or max(ids) > self.greatest_id:
            raise ValueError(f"segment ids {ids} do not fit {self.greatest_id}, the greatest ever")
        return self

    @property
    def age(self) -> tuple[str, str]:
        """What orders versions: the moment of their data, and then when they were made."""
        return self.as_of, self.reference.version
