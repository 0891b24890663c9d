"""Which version is the champion, and how others stand beside it."""

from __future__ import annotations

from typing import get_args

import pytest

from include.gmm.page import pages
from include.gmm.page.status import BADGES, Status, champion, status_of
from include.gmm.promotion_record import Outcome
from include.gmm.summary import Summary
from tests.gmm.page.examples import HOSTILE, example
from tests.gmm.page.promotions import decision, promoted

OTHER = "20261130T203000Z-00000000"


def other() -> Summary:
    return example().model_copy(update={"version": OTHER})


def test_before_any_decision_there_is_no_champion() -> None:
    assert champion([]) is None


def test_where_nothing_was_promoted_there_is_no_champion() -> None:
    assert champion([decision(promoted(example(), "kept", None, 0))]) is None


def test_the_champion_is_the_one_of_the_highest_serial_whichever_run_is_latest() -> None:
    late_retry = decision(promoted(example(), "superseded", OTHER, serial=7), days=0)
    newest = decision(promoted(other(), "kept", example().version, serial=6), days=9)
    found = champion([newest, late_retry])
    assert found is not None
    assert (found.version, found.told_by) == (OTHER, late_retry)


def test_the_run_that_made_the_champion_is_found_among_those_that_tell_of_it() -> None:
    maker = decision(promoted(other()), days=1)
    teller = decision(promoted(example(), "kept", OTHER), days=2)
    found = champion([teller, maker])
    assert found is not None
    assert (found.told_by, found.made_by) == (teller, maker)


def test_a_champion_of_long_ago_has_no_run_to_show() -> None:
    found = champion([decision(promoted(example(), "kept", OTHER))])
    assert found is not None
    assert found.made_by is None


def test_a_version_is_the_champion_until_another_one_is() -> None:
    own = decision(promoted(example()))
    assert status_of(example().version, own, champion([own])).badge == "Champion"
    later = decision(promoted(other(), serial=2), days=1)
    assert status_of(example().version, own, champion([own, later])).badge == "Was the champion"


def test_a_version_that_a_rollback_brought_back_is_the_champion_without_its_old_sentence() -> None:
    own = decision(promoted(example(), "superseded", OTHER, serial=2))
    later = decision(promoted(other(), "kept", example().version, serial=3), days=1)
    found = status_of(example().version, own, champion([own, later]))
    assert (found.badge, found.sentence, found.is_champion) == ("Champion", "", True)


def test_a_version_whose_decision_is_lost_is_the_champion_if_another_run_says_so() -> None:
    later = decision(promoted(other(), "kept", example().version))
    waits = Status("Not decided", "Some task has not decided on it.")
    assert status_of(example().version, waits, champion([later])).badge == "Champion"
    assert status_of(OTHER, waits, champion([later])) == waits


@pytest.mark.parametrize("outcome", sorted({*get_args(Outcome)} - {"promoted"}))
def test_the_page_says_what_became_of_a_version_and_why(outcome: Outcome) -> None:
    own = decision(promoted(example(), outcome, OTHER))
    found = champion([own])
    page = pages.clusters(example(), status_of(example().version, own, found), found)
    assert f'<strong class="tag">{BADGES[outcome]}</strong>' in page
    assert f"This is why: {outcome}." in page
    assert "2026-11-23 21:30" in page
    assert OTHER in page


def test_the_page_leads_to_the_runs_that_tell_of_the_champion() -> None:
    own = decision(promoted(example(), "kept", OTHER, serial=1))
    maker = decision(promoted(other(), serial=2), days=1)
    found = champion([own, maker])
    page = pages.clusters(example(), status_of(example().version, own, found), found)
    assert page.count('href="../run_1/clusters"') == 2


def test_what_outside_says_of_a_promotion_is_text() -> None:
    told = promoted(example(), "kept", HOSTILE).model_copy(update={"sentence": HOSTILE})
    found = champion([decision(told)])
    page = pages.clusters(example(), status_of(example().version, decision(told), found), found)
    assert page.count("&lt;script&gt;alert(1)") == 2
    assert "<script>alert" not in page
