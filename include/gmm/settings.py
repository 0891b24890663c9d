"""A segmentation: what the YAML files under include/segmentations say, validated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from include.gmm import declared, labels
from include.gmm.errors import InputError

PROJECT = Path(__file__).parents[2]
SEGMENTATIONS = PROJECT / "include" / "segmentations"
WORKING_DATA = PROJECT / "working_data"
MODELS = WORKING_DATA / "models"  # of the segmentations, each in a folder of its name
FILES = WORKING_DATA / "files"  # versions that `fit` makes of files, apart from those
WAREHOUSE = WORKING_DATA / "warehouse.duckdb"

CovarianceType = Literal["full", "tied", "diag", "spherical"]
Criterion = Literal["bic", "icl", "aic"]
Transform = Literal["auto", "none", "log1p"]
Missing = Literal["refuse", "drop"]
PromotionMode = Literal["enabled", "manual", "dry_run", "disabled"]
Event = Literal["failure", "drift", "promotion", "question"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Column = Annotated[str, Field(min_length=1, max_length=200)]
TableName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=60)]
SegmentName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
SqlType = Annotated[str, AfterValidator(declared.sql_type)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(_Section):
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


class Feature(_Section):
    """One number that describes each row, and how the mixture should read it."""

    label: str | None = None
    unit: str = ""
    transform: Transform = "auto"
    resolution: Literal["auto"] | Annotated[float, Field(ge=0)] = Field(
        default="auto",
        description="The step in which values come (1 day, 0.01 dollars): "
        "differences below it are no evidence for a component",
    )

    def named(self, column: str) -> str:
        """Its label, or one made of the column's name."""
        return self.label or labels.made_of(column)


class Features(_Section):
    """The dbt model with one row per key, and its columns."""

    model: Name
    key: Column
    columns: dict[Column, Feature] = Field(
        min_length=1, description="What the mixture is fitted to"
    )
    profile: dict[Column, Feature] = Field(
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
        return self


class Components(_Section):
    """The range of K to try, both ends included."""

    min: int = Field(default=1, ge=1, le=50)
    max: int = Field(default=10, ge=1, le=50)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is greater than max ({self.max})")
        return self


class Mixture(_Section):
    """Which mixtures compete, and what decides between them."""

    n_components: Components = Components()
    covariance_types: tuple[CovarianceType, ...] = Field(
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


class Gates(_Section):
    """What a version must show to become the champion by rule."""

    log_likelihood: float = Field(
        default=0.05,
        ge=0,
        description="How far its held-out log-likelihood per row may lie below the champion's",
    )
    smallest_share: float = Field(
        default=0.01, ge=0, lt=1, description="Least share of rows in any segment"
    )
    stability: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="Least share of rows that keep their segment when resampled rows are fitted",
    )
    moved: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Largest share of rows that would leave their segment of the champion",
    )


class Promotion(_Section):
    """How a version becomes the champion, the one whose segments are used."""

    mode: PromotionMode = Field(
        default="enabled",
        description="enabled: by the gates; manual: a person approves; dry_run: only says what "
        "it would do; disabled: not at all",
    )
    gates: Gates = Gates()
    keep_versions: int = Field(
        default=10, ge=2, description="Versions kept on disk, the champion and the last one besides"
    )


class Scoring(_Section):
    """Where every row's segment is written, and in what portions."""

    table: TableName | None = Field(
        default=None, description="View in the warehouse; <name>_segments unless given"
    )
    rows_per_task: int = Field(
        default=5_000_000, ge=1_000, description="Of a range of keys, which one mapped task scores"
    )
    models: tuple[Name, ...] = Field(
        default=(), description="dbt models on top of it, built after every scoring"
    )


class Thresholds(_Section):
    """How far data may drift from what the champion was fitted to before it is a breach."""

    feature_psi: float = Field(
        default=0.2, gt=0, description="Population stability index of any feature"
    )
    log_likelihood: float = Field(
        default=0.3, gt=0, description="Fall of the mean log-likelihood per row"
    )
    segment_shares: float = Field(
        default=0.1, gt=0, le=1, description="Share of rows that other segments have than before"
    )
    sureness: float = Field(
        default=0.05, gt=0, le=1, description="Fall of the mean largest membership probability"
    )


class Monitoring(_Section):
    """When the champion is held against new data, and what a breach starts."""

    schedule: str | None = Field(default="@daily", description="Cron expression or preset")
    thresholds: Thresholds = Thresholds()
    retrain_after_days: int = Field(
        default=7,
        ge=0,
        description="Least days between two trainings that breaches ask for",
    )


class Notification(_Section):
    """Somebody to tell, through one of Airflow's notifiers."""

    notifier: str = Field(
        pattern=r"^[A-Za-z_][\w.]*\.[A-Za-z_]\w*$",
        description="Import path of the class, such as airflow.providers.smtp.notifications.smtp"
        ".SmtpNotifier",
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="What the class is made with; may be Jinja templates"
    )
    # Not `on`: YAML reads that as true.
    events: tuple[Event, ...] = Field(default=("failure", "drift"), min_length=1)


class Segmentation(_Section):
    """One file under include/segmentations, with DAGs <name>_train, _score, _monitor, _rollback."""

    name: Name
    title: str = Field(min_length=1)
    description: str = ""
    source: Source
    features: Features
    mixture: Mixture = Mixture()
    segment_names: dict[Annotated[int, Field(ge=1, le=50)], SegmentName] = Field(
        default_factory=dict,
        description="What people call segment 1, 2, ...; look at the segments first",
    )
    schedule: str | None = None
    promotion: Promotion = Promotion()
    scoring: Scoring = Scoring()
    monitoring: Monitoring = Monitoring()
    notifications: tuple[Notification, ...] = ()

    @property
    def scores(self) -> str:
        """The view in the warehouse with every row's segment."""
        return self.scoring.table or f"{self.name}_segments"


def load(path: Path) -> Segmentation:
    """Read one segmentation file; its name is the file's.

    Raises InputError, naming the file and every key at fault.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping of settings, such as `title: ...`")
    if "name" in content:
        raise InputError(f"{path}: name: the file's name is the segmentation's; leave it out")
    return validate({**content, "name": path.stem}, where=str(path))


def validate(content: dict[str, object], where: str) -> Segmentation:
    """A Segmentation from plain values. Raises InputError with every key at fault."""
    try:
        return Segmentation.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise InputError(f"{where}: {faults}") from None


def load_all(folder: Path = SEGMENTATIONS) -> tuple[list[Segmentation], list[InputError]]:
    """Every segmentation in the folder, in order of name, and what is wrong with other files."""
    found: list[Segmentation] = []
    faults: list[InputError] = []
    for path in sorted(folder.glob("*.y*ml")):
        try:
            if path.suffix != ".yaml":
                raise InputError(f"{path}: rename it to {path.stem}.yaml")
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
