"""Which version is the champion, and how others stand beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from include.gmm.page import pages
from include.gmm.page.status import BADGES, Status, status_of
from include.gmm.promotion_record import Outcome
from tests.gmm.page.examples import HOSTILE, example
from tests.gmm.page.promotions import champion, decision, promoted

OTHER = "20261130T203000Z-00000000"


def test_a_version_is_the_champion_until_another_one_is() -> None:
    own, version = decision(promoted(example())), example().version
    assert status_of(version, own, champion(version)).badge == "Champion"
    assert status_of(version, own, champion(OTHER, 1)).badge == "Was the champion"


def test_a_version_that_a_rollback_brought_back_is_the_champion_without_its_old_sentence() -> None:
    own = decision(promoted(example(), "superseded", OTHER, serial=2))
    found = status_of(example().version, own, champion(example().version, 1, "rollback"))
    assert (found.badge, found.sentence, found.is_champion) == ("Champion", "", True)


def test_a_version_whose_decision_is_lost_is_the_champion_if_airflow_knows_it_as_that() -> None:
    waits = Status("Not decided", "Some task has not decided on it.")
    present = champion(example().version)
    assert status_of(example().version, waits, present).badge == "Champion"
    assert status_of(OTHER, waits, present) == waits


@pytest.mark.parametrize("outcome", sorted({*get_args(Outcome)} - {"promoted"}))
def test_the_page_says_what_became_of_a_version_and_why(outcome: Outcome) -> None:
    own, present = decision(promoted(example(), outcome, OTHER)), champion(OTHER)
    page = pages.clusters(example(), status_of(example().version, own, present), present)
    assert f'<strong class="tag">{BADGES[outcome]}</strong>' in page
    assert f"This is why: {outcome}." in page
    assert "2026-11-23 21:30" in page
    assert OTHER in page


@pytest.mark.parametrize(("days", "links"), [(1, 1), (None, 0)])
def test_the_page_leads_to_the_run_that_made_the_champion(days: int | None, links: int) -> None:
    own, present = decision(promoted(example(), "kept", OTHER)), champion(OTHER, days)
    page = pages.clusters(example(), status_of(example().version, own, present), present)
    assert page.count('href="../run_1/clusters"') == links
    assert f"<code>{OTHER}</code>" in page


@pytest.mark.parametrize("moment", ["", "yesterday"])
def test_a_moment_that_cannot_be_read_is_left_out(moment: str) -> None:
    present = champion(OTHER)
    damaged = replace(
        present, appointment=present.appointment.model_copy(update={"appointed_at": moment})
    )
    page = pages.clusters(example(), Status("Not decided"), damaged)
    assert f"<code>{OTHER}</code></a>;" in page


def test_what_outside_says_of_a_promotion_is_text() -> None:
    told = promoted(example(), "kept", HOSTILE).model_copy(update={"sentence": HOSTILE})
    present = champion(HOSTILE)
    status = status_of(example().version, decision(told), present)
    page = pages.clusters(example(), status, present)
    assert page.count("&lt;script&gt;alert(1)") == 2
    assert "<script>alert" not in page
