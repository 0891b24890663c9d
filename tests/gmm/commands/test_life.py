"""The life of a version by hand: the same rules and words as those of the DAGs."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from include.gmm import settings
from include.gmm.__main__ import main
from include.gmm.settings import Segmentation
from include.gmm.store import store_at
from include.gmm.versions import champion
from include.gmm.warehouse.duckdb_file import connected
from tests.gmm.snapshots import evaluate, train

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
Say = Callable[..., tuple[int, str]]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def path(tmp_path: Path, shoppers: pd.DataFrame) -> Path:
    """A warehouse with the features of the shoppers."""
    path = tmp_path / "warehouse.duckdb"
    with connected(path) as connection:
        connection.register("rows", shoppers)
        connection.execute("CREATE TABLE shopper_features AS FROM rows")
    return path


@pytest.fixture
def version(
    models: Path,
    shoppers: pd.DataFrame,
    segmentation: Segmentation,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[int], str]:
    """Train and evaluate a version of the data of some day; drawing its page would take long."""
    monkeypatch.setattr("include.gmm.page.export.report", lambda summary: summary.version)

    def made(day: int) -> str:
        moment = FIRST + timedelta(days=day)
        reference = train(shoppers, segmentation, store_at(models), "x", as_of=moment)
        evaluate(store_at(models), reference, shoppers, "x")
        return reference.version

    return made


@pytest.fixture
def say(
    models: Path,
    path: Path,
    segmentation: Segmentation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Say:
    """Run a command on the shoppers; its status, and what it printed, errors included."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(settings, "find", lambda _: segmentation)
    monkeypatch.setenv("GMM_DUCKDB", str(path))

    def said(command: str, *arguments: str) -> tuple[int, str]:
        status = main([command, "shoppers", *arguments, "--models", str(models)])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return said


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with connected(path) as connection:
        return connection.execute(sql).fetchall()


def test_a_promoted_version_is_listed_as_the_champion(
    version: Callable[[int], str], say: Say
) -> None:
    first, second = version(1), version(2)
    status, told = say("promote", first)
    assert (status, "It became the champion" in told) == (0, True)
    status, told = say("versions")
    assert status == 0
    lines = {line.split()[1]: line for line in told.splitlines() if "Z-" in line}
    assert "the champion since" in lines[first]
    assert "not promoted" in lines[second]


def test_before_there_are_versions_the_list_says_so(say: Say) -> None:
    assert say("versions") == (0, "shoppers has no versions yet.\n")


def test_without_a_version_the_champion_is_shown(version: Callable[[int], str], say: Say) -> None:
    first = version(1)
    say("promote", first)
    version(2)
    status, told = say("show")
    assert status == 0
    assert f"Version {first}" in told
    assert "2 segments" in told
    assert "Smallest segment" in told


def test_what_needs_a_champion_says_that_there_is_none(
    version: Callable[[int], str], say: Say
) -> None:
    first = version(1)
    for command in (("show",), ("compare", first), ("score",)):
        assert say(*command) == (
            2,
            "error: shoppers has no champion yet: train, or promote one of its versions\n",
        )


def test_a_version_is_compared_with_the_champion_or_another_one(
    version: Callable[[int], str], say: Say
) -> None:
    first, second, third = version(1), version(2), version(3)
    say("promote", first)
    assert f"Compared with the champion, {first}" in say("compare", second)[1]
    status, told = say("compare", second, "--with", third)
    assert (status, third in told) == (0, True)
    status, told = say("compare", first)
    assert (status, "is both versions" in told) == (2, True)


def test_an_older_version_is_promoted_only_if_one_insists(
    version: Callable[[int], str], say: Say, models: Path
) -> None:
    old, new = version(1), version(2)
    say("promote", new)
    status, told = say("promote", old)
    assert status == 2
    assert f"{new}, which stands for newer data, became the champion" in told
    assert say("promote", old, "--anyway")[0] == 0
    present = champion.read(store_at(models), "shoppers")
    assert present is not None
    assert (present.reference.version, present.cause) == (old, "person")


def test_a_rollback_brings_back_the_champion_before_and_its_scores(
    version: Callable[[int], str], say: Say, path: Path
) -> None:
    first, second = version(1), version(2)
    say("promote", first)
    assert say("score") == (0, f"shoppers_segments: 240 rows by version {first}\n")
    earlier = rows(path, "FROM shoppers_segments ORDER BY ALL")
    say("promote", second)
    say("score")
    assert rows(path, "FROM shoppers_segments ORDER BY ALL") != earlier
    status, told = say("rollback")
    assert status == 0
    assert told == (
        f"{first}: It is the champion again: {second} was rolled back.\n"
        "shoppers_segments shows the table that it had.\n"
    )
    assert rows(path, "FROM shoppers_segments ORDER BY ALL") == earlier


def test_a_rollback_that_was_interrupted_before_the_view_is_finished_by_the_next(
    version: Callable[[int], str], say: Say, path: Path, models: Path
) -> None:
    first, second = version(1), version(2)
    for made in (first, second):
        say("promote", made)
        say("score")
    champion.roll_back(store_at(models), "shoppers", "a test")  # and the view is not changed
    status, told = say("rollback")
    assert (status, f"{first}: It is the champion again" in told) == (0, True)
    assert rows(path, "SELECT DISTINCT model_version FROM shoppers_segments") == [(first,)]
    assert len(champion.history(store_at(models), "shoppers")) == 3
    assert say("rollback")[0] == 2  # that one is finished: there is none before


def test_a_rollback_to_a_damaged_version_changes_nothing(
    version: Callable[[int], str], say: Say, models: Path
) -> None:
    for made in (first := version(1), version(2)):
        say("promote", made)
    summary = models / "shoppers" / first / "summary.json"
    content = summary.read_bytes()
    summary.write_bytes(content[:-20])
    assert say("rollback")[0] == 2
    assert len(champion.history(store_at(models), "shoppers")) == 2
    summary.write_bytes(content)
    assert say("rollback")[0] == 0


def test_a_rollback_without_scores_says_how_to_make_them(
    version: Callable[[int], str], say: Say
) -> None:
    for made in (version(1), version(2)):
        say("promote", made)
    assert "`score shoppers` makes it anew" in say("rollback")[1]
    status, told = say("rollback")
    assert (status, "no champion before the present one" in told) == (2, True)


def test_a_version_is_found_by_the_path_that_a_shell_completes(
    version: Callable[[int], str], say: Say, models: Path
) -> None:
    made = version(1)
    for written in (f"{made}/", str(models / "shoppers" / made), f"{models}/shoppers/{made}/"):
        status, told = say("show", written)
        assert (status, f"Version {made}" in told) == (0, True)


def test_the_path_of_another_segmentation_s_version_is_refused(
    version: Callable[[int], str], say: Say, models: Path
) -> None:
    made = version(1)
    (models / "others").mkdir()
    (models / "shoppers" / made).rename(models / "others" / made)
    status, told = say("show", str(models / "others" / made))
    assert status == 2
    assert "is no version of shoppers, whose versions are in" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("written", ["..", ".", "champions", "2026", "*"])
def test_what_is_no_version_is_refused_with_those_that_there_are(
    version: Callable[[int], str], say: Say, written: str
) -> None:
    made = version(1)
    status, told = say("show", written)
    assert status == 2
    assert f"there are: {made}" in told or "is no version of shoppers" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("name", ["summary.json", "manifest.json", "promotion.json"])
@pytest.mark.parametrize("content", ["", "{}", "[1", "\x00"])
def test_a_damaged_version_is_listed_as_such_beside_the_others(
    version: Callable[[int], str], say: Say, models: Path, name: str, content: str
) -> None:
    first, second = version(1), version(2)
    (models / "shoppers" / first / name).write_text(content)
    status, told = say("versions")
    assert status == 0
    lines = {
        line.split()[1]: line for line in told.splitlines() if "Z-" in line.split("damaged")[0]
    }
    assert "damaged:" in lines[first]
    assert name in lines[first]
    assert "not promoted" in lines[second]


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_the_list_of_versions_cuts_no_name_however_narrow_the_terminal(
    version: Callable[[int], str], say: Say, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    made = version(1)
    monkeypatch.setenv("COLUMNS", columns)
    assert made in say("versions")[1]


@pytest.mark.parametrize("name", ["choice.json", "model.joblib", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_version_with_a_damaged_file_is_refused_by_the_file_s_name(
    version: Callable[[int], str], say: Say, models: Path, name: str, damage: str
) -> None:
    made = version(1)
    file = models / "shoppers" / made / name
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:100])
    else:
        file.unlink()
    status, told = say("promote", made)
    assert status == 2
    assert str(file if name != "manifest.json" or damage == "cut" else file.parent) in told
    assert told.count("\n") == 1


def test_rows_without_a_value_are_no_hindrance_where_they_are_left_out(
    version: Callable[[int], str],
    say: Say,
    path: Path,
    segmentation: Segmentation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = version(1), version(2)
    say("promote", first)
    rows(path, "UPDATE shopper_features SET euros = NULL WHERE shopper = 's007'")
    told = "1 of 240 rows lack a value (missing: 'euros' in 1 rows)"
    for command in (["compare", second], ["promote", second], ["score"]):
        status, said = say(*command)
        assert (status, told in said) == (2, True)
    features = segmentation.features.model_copy(update={"missing": "drop"})
    dropping = segmentation.model_copy(update={"features": features})
    monkeypatch.setattr(settings, "find", lambda _: dropping)
    assert "Compared with the champion" in say("compare", second)[1]
    assert say("promote", second)[0] == 0
    assert say("score")[0] == 0
    scores = "SELECT count(*), count(segment_id), count(entropy) FROM shoppers_segments"
    assert rows(path, scores) == [(240, 239, 239)]


def test_a_user_without_a_name_may_promote(
    version: Callable[[int], str], say: Say, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs with a number for a user."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 50001")

    monkeypatch.setattr("getpass.getuser", nameless)
    made = version(1)
    assert say("promote", made)[0] == 0
    present = champion.read(store_at(models), "shoppers")
    assert present is not None
    assert present.actor == f"user {os.getuid()}"
