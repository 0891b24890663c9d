"""What a segmentation does by itself: promote, score, watch for drift, tell somebody."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from include.gmm.setting_types import CronOrOnce, Listed, Mapped, Name, Section, TableName
from include.gmm.yaml_file import resolved

PromotionMode = Literal["enabled", "manual", "dry_run", "disabled"]
Event = Literal["failure", "drift", "promotion", "question"]


class Gates(Section):
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


class Promotion(Section):
    """How a version becomes the champion, the one whose segments are used."""

    mode: PromotionMode = Field(
        default="enabled",
        description="enabled: by the gates; manual: a person approves; dry_run: only says what "
        "it would do; disabled: not at all",
    )
    gates: Gates = Gates()
    keep_versions: int = Field(
        default=10,
        ge=2,
        le=1_000_000,
        description="Versions kept on disk, the champion and the last one besides",
    )


class Scoring(Section):
    """Where every row's segment is written, and in what portions."""

    table: TableName | None = Field(
        default=None, description="View in the warehouse; <name>_segments unless given"
    )
    rows_per_task: int = Field(
        default=5_000_000,
        ge=1_000,
        le=1_000_000_000,
        description="Of a range of keys, which one mapped task scores",
    )
    models: Annotated[tuple[Name, ...], Listed] = Field(
        default=(), description="dbt models on top of it, built after every scoring"
    )


class Thresholds(Section):
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


class Monitoring(Section):
    """When the champion is held against new data, and what a breach starts."""

    schedule: CronOrOnce | None = Field(default="@daily", description="Cron expression or preset")
    thresholds: Thresholds = Thresholds()
    retrain_after_days: int = Field(
        default=7,
        ge=0,
        le=36_500,
        description="Least days between two trainings that breaches ask for",
    )


class Notification(Section):
    """Somebody to tell, through one of Airflow's notifiers."""

    notifier: str = Field(
        pattern=r"^[A-Za-z_][\w.]*\.[A-Za-z_]\w*$",
        description="Import path of the class, such as airflow.providers.smtp.notifications.smtp"
        ".SmtpNotifier",
    )
    arguments: Annotated[dict[str, Any], BeforeValidator(resolved), Mapped] = Field(
        default_factory=dict, description="What the class is made with; may be Jinja templates"
    )
    events: Annotated[tuple[Event, ...], Listed] = Field(default=("failure", "drift"), min_length=1)
