"""What the parts of a stored object are made of, and how large each may be."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_SEGMENTS = 50

Share = Annotated[float, Field(ge=0, le=1 + 1e-9)]  # means of ones are one but for rounding
Count = Annotated[int, Field(ge=0, le=10**15)]
Number = Annotated[int, Field(ge=1, le=10**9, description="Of a segment")]
Text = Annotated[str, Field(max_length=100_000)]  # a sentence may name all columns
# No row of n lies further than sqrt(n - 1) standard deviations from the mean.
Standardised = Annotated[float, Field(ge=-1e9, le=1e9)]


class Part(BaseModel):
    """Fixed once it is made, of finite numbers and nothing that it does not name."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
