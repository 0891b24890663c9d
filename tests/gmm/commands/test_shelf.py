"""Under which name the versions of a file are kept."""

from pathlib import Path

import pytest

from include.gmm import settings
from include.gmm.settings import Segmentation
from include.gmm.store import store_at
from include.gmm.versions import artifacts
from tests.gmm.commands.fits import QUICK, fit, summaries

pytestmark = pytest.mark.usefixtures("drawn_at_once")


def shelves(file: Path) -> list[str]:
    return sorted(path.name for path in (file.parent / "models").iterdir())


def test_the_versions_of_a_file_are_never_among_those_of_a_segmentation(file: Path) -> None:
    mine = file.rename(file.with_name("customers.csv"))
    assert fit(mine, *QUICK) == 0
    assert shelves(mine) == ["customers_2"]
    assert settings.FILES != settings.WORKING_DATA / "models"


def test_a_shelf_with_a_champion_is_left_alone_though_its_settings_are_gone(file: Path) -> None:
    (file.parent / "models" / "my_shoppers" / "champions").mkdir(parents=True)
    assert fit(file, *QUICK) == 0
    assert shelves(file) == ["my_shoppers", "my_shoppers_2"]


def test_a_shelf_that_is_a_file_is_told_before_the_fit(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.gmm.commands.fitting.train", lambda *_: pytest.fail("fitted"))
    (file.parent / "models").mkdir()
    (file.parent / "models" / "mine").touch()
    assert fit(file, *QUICK, "--name", "mine") == 2
    assert "mine: cannot be written (Not a directory)" in capsys.readouterr().err


def test_a_file_in_the_place_of_a_shelf_is_no_hindrance_without_a_wish(file: Path) -> None:
    (file.parent / "models").mkdir()
    (file.parent / "models" / "my_shoppers").touch()
    assert fit(file, *QUICK) == 0
    assert shelves(file) == ["my_shoppers", "my_shoppers_2"]


def test_two_files_whose_names_are_alike_have_a_shelf_each_and_keep_it(file: Path) -> None:
    other = file.with_name("my-shoppers.csv")
    other.write_bytes(file.read_bytes())
    for each in (file, other, file):
        assert fit(each, *QUICK) == 0
    versions = {
        name: artifacts.versions(store_at(file.parent / "models"), name) for name in shelves(file)
    }
    assert {name: len(found) for name, found in versions.items()} == {
        "my_shoppers": 2,
        "my_shoppers_2": 1,
    }


def test_a_file_fitted_by_the_settings_of_a_segmentation_is_none_of_its_versions(
    file: Path, monkeypatch: pytest.MonkeyPatch, segmentation: Segmentation
) -> None:
    named = segmentation.model_copy(update={"segment_names": {1: "Few", 2: "Many"}})
    monkeypatch.setattr(settings, "find", lambda _: named)
    assert fit(file, "--segmentation", "shoppers", "--name", "trial") == 0
    assert shelves(file) == ["trial"]
    (summary,) = summaries(file)
    assert summary.title == "Shoppers (my shoppers.csv)"
    assert {segment.name for segment in summary.segments} == {""}
