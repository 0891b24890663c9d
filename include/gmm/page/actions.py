"""The page of a DAG that finds no clusters but acts on them: it scores all rows, or rolls back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from include.gmm.page.history import Run
from include.gmm.page.pages import environment
from include.gmm.page.reason import NoSummary
from include.gmm.parts import Count, Text
from include.gmm.promotion_record import Promoted


class Published(BaseModel):
    """What the last task of a scoring run tells of the table that it lets readers see."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    table: Text
    rows: Count
    version: Text


@dataclass(frozen=True)
class Action:
    """A DAG of this sort, with what a run of it left, or why there is nothing to tell."""

    does: Literal["scores", "rollback"]
    dag_id: str
    training: str | None  # the DAG that finds the clusters, where its id is known
    left: Published | Promoted | NoSummary
    newest: Run | None = None  # that left it, where no run was asked for

    @property
    def status(self) -> int:
        """The HTTP status of its page."""
        return self.left.status if isinstance(self.left, NoSummary) else 200

    @property
    def trains(self) -> str:
        """The id of the DAG that finds the clusters as a part of an address."""
        return quote(self.training or "", safe="")


def run(found: Action) -> str:
    """What one run left."""
    return _page(found, root="../../")


def newest(found: Action) -> str:
    """What the newest run left."""
    return _page(found, root="../")


def _page(found: Action, root: str) -> str:
    reason = found.left if isinstance(found.left, NoSummary) else None
    return environment.get_template(f"{found.does}.html").render(
        action=found, left=None if reason else found.left, reason=reason, root=root, report=None
    )
