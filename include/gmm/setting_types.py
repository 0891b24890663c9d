"""What a setting may be: names, texts, schedules, and the sections that hold them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from include.gmm.characters import unprintable

# croniter knows the other presets of Airflow.
PRESETS = ("@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")
ONCE = ("@once", "@continuous")


def _printable(text: str) -> str:
    if character := unprintable(text):
        raise ValueError(f"the character {character} cannot be used; delete it")
    return text


def _due(expression: str, besides: tuple[str, ...] = ()) -> str:
    """The cron expression, if there is a time at which it is due."""
    from croniter import croniter  # half as long to import as all else here

    if expression in (*PRESETS, *besides):
        return expression
    try:
        croniter(expression, datetime.now(UTC)).get_next(datetime)
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        presets = ", ".join((*PRESETS, *besides))
        raise ValueError(
            f"{expression!r} is no schedule ({error}); write five fields, such as "
            f'"0 6 * * 1" for Mondays at six, or one of {presets}'
        ) from error
    return expression


def _empty(kind: type[dict[Any, Any]] | type[tuple[Any, ...]], value: Any) -> Any:
    return kind() if value is None else value


def _number(value: Any) -> Any:
    """01, +1 and 1_0 are numbers for pydantic, and one of two names would be lost."""
    if isinstance(value, str) and not re.fullmatch(r"0|[1-9][0-9]*", value):
        raise ValueError(f"{value!r} is no segment's number; write 1, 2, ...")
    return value


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, AfterValidator(_printable)]
Column = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
TableName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=60)]
SegmentNumber = Annotated[int, BeforeValidator(_number), Field(ge=1, le=50)]
SegmentName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(_printable),
]
Cron = Annotated[str, AfterValidator(_due)]
CronOrOnce = Annotated[str, AfterValidator(partial(_due, besides=ONCE))]

# In YAML, a key with nothing behind it has the value null: an empty mapping, or an empty list.
Mapped = BeforeValidator(partial(_empty, dict))
Listed = BeforeValidator(partial(_empty, tuple))


class Section(BaseModel):
    """A mapping of settings: no others than those, and none that could be written in two ways."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _nothing_said(cls, value: Any) -> Any:
        return {} if value is None else value
