"""A segmentation: what the YAML files under include/segmentations say, validated."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from include.gmm import declared, labels, yaml_file
from include.gmm.errors import InputError
from include.gmm.operation import Monitoring, Notification, Promotion, Scoring
from include.gmm.setting_faults import in_words
from include.gmm.setting_types import (
    Column,
    Cron,
    Listed,
    Mapped,
    Name,
    Section,
    SegmentName,
    SegmentNumber,
    Text,
)

PROJECT = Path(__file__).parents[2]
SEGMENTATIONS = PROJECT / "include" / "segmentations"
DBT_PROJECT = PROJECT / "include" / "dbt"
WORKING_DATA = PROJECT / "working_data"
FILES = WORKING_DATA / "files"  # versions that `fit` makes of files, apart from those of DAGs
WAREHOUSE = WORKING_DATA / "warehouse.duckdb"

CovarianceType = Literal["full", "tied", "diag", "spherical"]
Criterion = Literal["bic", "icl", "aic"]
Transform = Literal["auto", "none", "log1p"]
Missing = Literal["refuse", "drop"]
_ENDINGS = (".yaml", ".yml", ".json", ".toml")
SqlType = Annotated[str, AfterValidator(declared.sql_type)]


class Source(Section):
    """Where the raw rows come from: a file that is loaded, or a table that is already there."""

    table: Annotated[str, AfterValidator(declared.table)] = Field(
        description="schema.table in the warehouse"
    )
    file: str | None = Field(
        default=None,
        description="CSV, Parquet or a folder of Parquet files to load, relative to the project",
    )
    encoding: Annotated[str, AfterValidator(declared.encoding)] = Field(
        default="utf-8", description="Of a CSV file; any that Python knows"
    )
    columns: Annotated[dict[Column, SqlType], AfterValidator(declared.columns)] = Field(
        min_length=1, description="The columns that must be there, each with its SQL type"
    )


class Feature(Section):
    """One number that describes each row, and how the mixture should read it."""

    label: Text | None = None
    unit: Text = ""
    transform: Transform = "auto"
    resolution: Literal["auto"] | Annotated[float, Field(ge=0)] = Field(
        default="auto",
        description="The step in which values come (1 day, 0.01 dollars): "
        "differences below it are no evidence for a component",
    )

    def named(self, column: str) -> str:
        """Its label, or one made of the column's name."""
        return self.label or labels.made_of(column)


class Features(Section):
    """The dbt model with one row per key, and its columns."""

    model: Name
    key: Column
    columns: Annotated[dict[Column, Feature], Mapped] = Field(
        min_length=1, description="What the mixture is fitted to"
    )
    profile: Annotated[dict[Column, Feature], Mapped] = Field(
        default_factory=dict,
        description="What describes the segments besides, without shaping them; may be null",
    )
    missing: Missing = Field(
        default="refuse",
        description="What becomes of rows without a value in some feature. drop: they shape no "
        "segment, and have none: their scores are null",
    )

    @model_validator(mode="after")
    def _each_column_has_one_use(self) -> Self:
        for name in (self.key, *self.profile):
            if name in self.columns:
                raise ValueError(
                    f"column {name!r} is named twice: once as a feature of the mixture"
                )
        if self.key in self.profile:
            raise ValueError(f"column {self.key!r} is named twice: as key and in the profile")
        folded: dict[bytes, str] = {}
        for name in (self.key, *self.columns, *self.profile):
            if (other := folded.setdefault(name.encode().lower(), name)) != name:
                raise ValueError(f"{other!r} and {name!r} are one column for DuckDB")
        return self


class Components(Section):
    """The range of K to try, both ends included."""

    min: int = Field(default=1, ge=1, le=50)
    max: int = Field(default=10, ge=1, le=50)

    @model_validator(mode="before")
    @classmethod
    def _exactly(cls, value: Any) -> Any:
        """`n_components: 5` is five, no more and no less."""
        one = isinstance(value, int | str) and not isinstance(value, bool)
        return {"min": value, "max": value} if one else value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is greater than max ({self.max})")
        return self


class Mixture(Section):
    """Which mixtures compete, and what decides between them."""

    n_components: Components = Components()
    covariance_types: Annotated[tuple[CovarianceType, ...], Listed] = Field(
        default=("full", "tied", "diag", "spherical"), min_length=1
    )
    criterion: Criterion = "bic"
    parsimony: float = Field(
        default=0.03,
        ge=0,
        lt=1,
        description="The smallest K within this share of the best gain in the criterion is chosen",
    )
    seed: int = Field(default=0, ge=0, lt=2**32)
    held_out: float = Field(
        default=0.2, gt=0, le=0.5, description="Share of rows kept from the fit to test it"
    )


class Segmentation(Section):
    """One file under include/segmentations, with DAGs <name>_train, _score, _monitor, _rollback."""

    name: Name
    title: Text = Field(min_length=1)
    description: Text = ""
    source: Source
    features: Features
    mixture: Mixture = Mixture()
    segment_names: Annotated[dict[SegmentNumber, SegmentName], Mapped] = Field(
        default_factory=dict,
        description="What people call segment 1, 2, ...; look at the segments first",
    )
    schedule: Cron | None = None
    promotion: Promotion = Promotion()
    scoring: Scoring = Scoring()
    monitoring: Monitoring = Monitoring()
    notifications: Annotated[tuple[Notification, ...], Listed] = ()

    @model_validator(mode="after")
    def _scores_replace_nothing(self) -> Self:
        for other in (self.features.model, *self.scoring.models):
            if self.scores == other:
                raise ValueError(
                    f"scoring.table: {other} is that of a dbt model; name another view"
                )
        return self

    def names_beyond(self, last: int) -> list[str]:
        """Names given to a fit with more segments, whose number 1 may have been others, too."""
        return [name for number, name in self.segment_names.items() if number > last]

    @property
    def scores(self) -> str:
        """The view in the warehouse with every row's segment."""
        return self.scoring.table or f"{self.name}_segments"


def load(path: Path) -> Segmentation:
    """Read one segmentation file; its name is the file's.

    Raises InputError, naming the file and every key at fault.
    """
    content = yaml_file.read(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping of settings, such as `title: ...`")
    if "name" in content:
        raise InputError(f"{path}: name: the file's name is the segmentation's; leave it out")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", path.stem):
        raise InputError(
            f"{path}: rename it: the file's name is the segmentation's, at most 60 of a-z, 0-9 "
            "and _, a letter first"
        )
    return validate({**content, "name": path.stem}, where=str(path))


def validate(content: dict[str, object], where: str) -> Segmentation:
    """A Segmentation from plain values. Raises InputError with every key at fault."""
    try:
        return Segmentation.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{where}: {in_words(error)}") from None


def load_all(folder: Path = SEGMENTATIONS) -> tuple[list[Segmentation], list[InputError]]:
    """Every segmentation in the folder, in order of name, and what is wrong with other files."""
    found: list[Segmentation] = []
    faults: list[InputError] = []
    for path in sorted(folder.rglob("*")):
        try:
            if not _meant(path.relative_to(folder)):
                continue
            if path.parent != folder:
                raise InputError(f"{path}: move it to {folder}")
            if path.suffix != ".yaml":
                raise InputError(f"{path}: rename it to {path.name.partition('.')[0]}.yaml")
            loaded = load(path)
            if others := [each.name for each in found if each.scores == loaded.scores]:
                raise InputError(
                    f"{path}: scoring.table: {loaded.scores} is that of {others[0]!r} as well; "
                    "name another view"
                )
            found.append(loaded)
        except InputError as fault:
            faults.append(fault)
    return found, faults


def find(name: str) -> Segmentation:
    """The segmentation with that name."""
    return load(SEGMENTATIONS / f"{name}.yaml")


def _meant(path: Path) -> bool:
    """Whether the file looks like a segmentation: with a name as YAML has, or nearly."""
    endings = [ending.lower() for ending in path.suffixes]
    if endings[-1:] == [".txt"]:  # of a text editor that adds it
        del endings[-1]
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and bool(endings) and endings[-1] in _ENDINGS
