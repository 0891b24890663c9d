"""The page of a DAG that scores: whose segments it published where. It finds no clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from include.gmm.page.pages import environment
from include.gmm.page.past import Run
from include.gmm.page.reason import NoSummary


class Published(BaseModel):
    """What the last task of a scoring run tells of the table that it lets readers see."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    table: str
    rows: int = Field(ge=0)
    version: str


@dataclass(frozen=True)
class Scoring:
    """A DAG that scores, with what a run of it published, or why there is nothing to tell."""

    dag_id: str
    training: str | None  # the DAG that finds the clusters, where its id is known
    published: Published | NoSummary
    newest: Run | None = None  # that published, where no run was asked for

    @property
    def status(self) -> int:
        """The HTTP status of its page."""
        return self.published.status if isinstance(self.published, NoSummary) else 200

    @property
    def trains(self) -> str:
        """The id of the DAG that finds the clusters as a part of an address."""
        return quote(self.training or "", safe="")


def run(found: Scoring) -> str:
    """What one run of scoring published."""
    return _page(found, root="../../")


def newest(found: Scoring) -> str:
    """What the newest run of scoring published."""
    return _page(found, root="../")


def _page(found: Scoring, root: str) -> str:
    reason = found.published if isinstance(found.published, NoSummary) else None
    return environment.get_template("scores.html").render(
        scoring=found,
        published=None if reason else found.published,
        reason=reason,
        root=root,
        report=None,
    )
