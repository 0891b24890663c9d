"""`python -m include.gmm`: any file, no edit of code."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from include.gmm import settings
from include.gmm.__main__ import main
from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.summary import Summary
from include.gmm.versions import artifacts
from tests.gmm.page.examples import example


@pytest.fixture(autouse=True)
def _drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds; what is drawn has tests of its own."""
    monkeypatch.setattr("include.gmm.page.export.report", lambda summary: f"of {summary.title}")


@pytest.fixture
def file(tmp_path: Path, shoppers: pd.DataFrame) -> Path:
    path = tmp_path / "my shoppers.csv"
    shoppers.to_csv(path, index=False)
    return path


def fit(file: Path, *options: str) -> int:
    return main(["fit", str(file), "--output", str(file.parent / "models"), *options])


def summaries(file: Path) -> list[Summary]:
    found = sorted((file.parent / "models").rglob("summary.json"))
    return [Summary.model_validate_json(path.read_text()) for path in found]


def test_a_file_of_one_s_own_is_segmented_and_its_segments_are_printed(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(file, "--key", "shopper", "--features", "visits,euros", "--max-components", "3") == 0
    printed = capsys.readouterr().out
    assert "2 segments" in printed
    assert "Mean membership" in printed
    assert summaries(file)[0].segmentation == "my_shoppers"
    page = next((file.parent / "models").rglob("report.html"))
    assert page.read_text() == "of my shoppers.csv"
    assert f"Saved in {page.parent}; report.html there is its page" in printed


def test_without_features_all_columns_of_numbers_are_taken(
    file: Path, shoppers: pd.DataFrame
) -> None:
    shoppers.assign(age=shoppers["age"].fillna(40)).to_csv(file, index=False)
    assert fit(file, "--key", "shopper", "--max-components", "2") == 0
    names = [feature.name for feature in summaries(file)[0].features]
    assert names == ["visits", "euros", "age"]


def test_a_limit_leaves_the_other_settings_of_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, segmentation: Segmentation
) -> None:
    content = segmentation.model_dump()
    content["mixture"]["n_components"]["min"] = 2
    mine = settings.validate(content, "test")
    monkeypatch.setattr(settings, "find", lambda _: mine)
    assert fit(file, "--segmentation", "shoppers", "--max-components", "2") == 0
    assert {c.n_components for c in summaries(file)[0].candidates} == {2}


def test_the_name_of_a_file_may_have_any_letters(file: Path) -> None:
    other = file.rename(file.with_name("données [2026].csv"))
    options = ["--key", "shopper", "--features", "visits,euros", "--max-components", "2"]
    assert fit(other, *options) == 0
    assert summaries(other)[0].segmentation == "donn_es_2026"


def test_a_file_with_a_header_alone_has_no_rows(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("shopper,visits\n")
    assert fit(file, "--key", "shopper") == 2
    assert "there are no rows" in capsys.readouterr().err


def test_parquet_and_csv_give_the_same_model(file: Path, shoppers: pd.DataFrame) -> None:
    parquet = file.with_name("other.parquet")
    shoppers.sample(frac=1, random_state=2).to_parquet(parquet)
    options = ["--key", "shopper", "--features", "visits,euros", "--max-components", "2"]
    assert fit(file, *options) == fit(parquet, *options) == 0
    first, second = summaries(file)
    assert first.model_sha256 == second.model_sha256


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "--key COLUMN is needed"),
        ([], "--key row numbers the rows"),
        (["--key", "customer"], "no column 'customer'"),
        (["--key", "shopper", "--features", "visits,name"], "no column 'name'"),
        (["--key", "shopper", "--features", "visits,age"], "(missing: 'age' in 21 rows)"),
        (["--segmentation", "customers"], "no column 'customer_id'"),
        (["--segmentation", "nobody"], "nobody.yaml: cannot be read"),
        (["--segmentation", "customers", "--key", "shopper"], "leave out --key"),
        (["--key", "shopper", "--seed", "-1"], "mixture.seed"),
        (["--key", "age", "--features", "age"], "named twice"),
        (["--key", "shopper", "--name", "customers"], "--name customers: that is a segmentation"),
        (["--key", "shopper", "--name", "My shop"], "--name 'My shop': must be small letters"),
        (["--key", "shopper", "--feature", "visits,euros"], "no column 'visits,euros'"),
        (["--segmentation", "customers", "--feature", "visits"], "leave out --key"),
    ],
)
def test_a_refusal_names_its_cause_on_one_line_and_publishes_nothing(
    file: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert fit(file, *options) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert told in error
    assert error.count("\n") == 1
    assert not (file.parent / "models").exists()


def test_an_output_that_cannot_be_written_is_told_before_the_file_is_read(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.gmm.commands.fitting.read_file", lambda *_: pytest.fail("read"))
    options = ["--key", "shopper", "--output", str(file / "models")]
    assert main(["fit", str(file), *options]) == 2
    error = capsys.readouterr().err
    assert "models: cannot be written (Not a directory); a part of this path is a file" in error
    assert error.count("\n") == 1


def test_a_version_that_cannot_be_evaluated_is_taken_away_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(summary: Summary) -> str:
        raise InputError("the page cannot be drawn")

    options = ["--key", "shopper", "--features", "visits,euros", "--max-components", "2"]
    monkeypatch.setattr("include.gmm.page.export.report", refused)
    assert fit(file, *options) == 2
    assert not (file.parent / "models").exists()


def test_missing_values_are_left_out_and_told_where_the_options_say_so(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--key", "shopper", "--features", "visits,age", "--max-components", "2"]
    assert fit(file, *options, "--missing", "drop") == 0
    told = "21 of 240 rows lack a value (missing: 'age' in 21 rows); they are left out"
    assert told in " ".join(capsys.readouterr().out.split())
    (summary,) = summaries(file)
    assert summary.rows == 219
    assert any(told in warning for warning in summary.warnings)
    card = next((file.parent / "models").rglob("card.md")).read_text()
    assert "Rows left out | 21" in card


def test_a_column_of_numbers_and_marks_for_what_is_missing_is_one_of_numbers(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    euros = shoppers["euros"].astype(str)
    euros[[5, 17]] = " ", "n/a"
    shoppers.assign(euros=euros).drop(columns="age").to_csv(file, index=False)
    options = ["--key", "shopper", "--max-components", "2"]
    assert fit(file, *options) == 2
    assert "2 of 240 rows lack a value (missing: 'euros' in 2 rows)" in capsys.readouterr().err
    assert fit(file, *options, "--missing", "drop") == 0
    assert [feature.name for feature in summaries(file)[0].features] == ["visits", "euros"]


def test_a_column_of_numbers_with_some_text_is_not_left_out_without_a_word(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    euros = shoppers["euros"].astype(str)
    euros[[5, 17]] = "many", "few"
    shoppers.assign(euros=euros).to_csv(file, index=False)
    assert fit(file, "--key", "shopper") == 2
    assert (
        "column 'euros' is numbers but for text, such as 'many', in 2 rows, first in row 6; "
        "correct it, or name the columns to fit to by --features"
    ) in capsys.readouterr().err


def test_what_is_left_out_because_it_is_no_number_is_told(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shoppers = shoppers.drop(columns="age").assign(
        city="Ulm", member=True, since="2026-01-02", void=None
    )
    shoppers.to_csv(file, index=False)
    assert fit(file, "--key", "shopper", "--max-components", "2") == 0
    assert capsys.readouterr().err == (
        "Left out: 'city' (text); 'member' (true or false); 'since' (dates); 'void' (empty). "
        "Segments are made of columns of numbers.\n"
    )


def test_without_a_key_the_rows_are_numbered(file: Path, shoppers: pd.DataFrame) -> None:
    shoppers[["visits", "euros"]].to_csv(file, index=False)
    assert fit(file, "--key", "row", "--max-components", "2") == 0
    (summary,) = summaries(file)
    assert summary.key == "row"
    assert [feature.name for feature in summary.features] == ["visits", "euros"]
    assert summary.rows == len(shoppers)


def test_a_column_that_is_called_row_is_the_key_as_it_is(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shoppers.assign(row=7).to_csv(file, index=False)
    assert fit(file, "--key", "row", "--features", "visits") == 2
    assert "key 'row' is not unique" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--features", 'visits,"euros, total"'], ["--feature", "euros, total"]]
)
def test_the_name_of_a_feature_may_have_a_comma(
    file: Path, shoppers: pd.DataFrame, options: list[str]
) -> None:
    shoppers.rename(columns={"euros": "euros, total"}).to_csv(file, index=False)
    assert fit(file, "--key", "shopper", "--max-components", "2", *options) == 0
    assert "euros, total" in [feature.name for feature in summaries(file)[0].features]


def test_columns_that_no_page_can_show_are_refused(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shoppers.rename(columns={"euros": "bell\x07"}).to_csv(file, index=False)
    assert fit(file, "--key", "shopper") == 2
    assert r"column 3, 'bell\x07' is no name" in capsys.readouterr().err


def shelves(file: Path) -> list[str]:
    return sorted(path.name for path in (file.parent / "models").iterdir())


QUICK = ["--key", "shopper", "--features", "visits", "--max-components", "2"]


def test_the_versions_of_a_file_are_never_among_those_of_a_segmentation(file: Path) -> None:
    mine = file.rename(file.with_name("customers.csv"))
    assert fit(mine, *QUICK) == 0
    assert shelves(mine) == ["customers_2"]
    assert settings.FILES != settings.MODELS


def test_a_shelf_with_a_champion_is_left_alone_though_its_settings_are_gone(file: Path) -> None:
    (file.parent / "models" / "my_shoppers" / "champions").mkdir(parents=True)
    assert fit(file, *QUICK) == 0
    assert shelves(file) == ["my_shoppers", "my_shoppers_2"]


def test_two_files_whose_names_are_alike_have_a_shelf_each_and_keep_it(file: Path) -> None:
    other = file.with_name("my-shoppers.csv")
    other.write_bytes(file.read_bytes())
    for each in (file, other, file):
        assert fit(each, *QUICK) == 0
    versions = {name: artifacts.versions(file.parent / "models", name) for name in shelves(file)}
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


def test_an_interruption_ends_quietly(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("include.gmm.commands.fitting.evaluate", interrupted)
    assert fit(file, *QUICK) == 130
    assert capsys.readouterr() == ("", "")
    assert not (file.parent / "models").exists()


@pytest.mark.parametrize(("closed", "status"), [(True, {1, 141}), (False, {2})])
def test_output_that_goes_nowhere_is_no_traceback(
    version: Path, closed: bool, status: set[int]
) -> None:
    """Into a pipe that nobody reads, and onto a disk that is full."""
    if closed:
        reader, output = os.pipe()
        os.close(reader)
    else:
        output = os.open("/dev/full", os.O_WRONLY)
    code = "from include.gmm.__main__ import main; import sys; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "versions", "customers", "--models", str(version)]
    try:
        done = subprocess.run(
            command, stdout=output, stderr=subprocess.PIPE, text=True, cwd=settings.PROJECT
        )
    finally:
        os.close(output)
    assert done.returncode in status, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 1


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """A folder with a summary."""
    folder = tmp_path / "version"
    folder.mkdir()
    (folder / "summary.json").write_text(example().model_dump_json())
    return folder


def test_the_page_of_a_version_is_drawn_again_in_its_folder(
    version: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (version / "report.html").write_text("as an older release drew it")
    assert main(["report", str(version)]) == 0
    assert (version / "report.html").read_text() == f"of {example().title}"
    assert capsys.readouterr().out == f"Saved {version / 'report.html'}\n"


def test_the_page_of_a_version_is_drawn_where_it_is_asked_for(version: Path) -> None:
    page = version.parent / "page.html"
    assert main(["report", str(version), "--output", str(page)]) == 0
    assert page.read_text() == f"of {example().title}"
    assert [path.name for path in version.iterdir()] == ["summary.json"]


@pytest.mark.parametrize(
    ("content", "output", "told"),
    [
        (None, "page.html", "summary.json: cannot be read"),
        ('{"schema_version": 1}', "page.html", "has schema 1, and this release reads schema 4"),
        ("", "nowhere/page.html", "page.html: cannot be written (No such file or directory)"),
        ("", "version", "version: cannot be written (Is a directory)"),
    ],
)
def test_a_page_that_cannot_be_drawn_is_refused_on_one_line(
    version: Path,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    output: str,
    told: str,
) -> None:
    if content is None:
        (version / "summary.json").unlink()
    elif content:
        (version / "summary.json").write_text(content)
    before = sorted(version.parent.rglob("*"))
    assert main(["report", str(version), "--output", str(version.parent / output)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert told in error
    assert error.count("\n") == 1
    assert sorted(version.parent.rglob("*")) == before


def test_it_runs_as_a_module_and_imports_no_airflow(file: Path) -> None:
    code = (
        "import sys; from include.gmm.__main__ import main; main(sys.argv[1:]); "
        "sys.exit('airflow' in sys.modules)"
    )
    options = ["--key", "shopper", "--features", "visits,euros", "--max-components", "2"]
    done = subprocess.run(
        [sys.executable, "-c", code, "fit", file, *options, "--output", file.parent / "models"],
        capture_output=True,
        text=True,
        cwd=settings.PROJECT,
    )
    assert done.returncode == 0, done.stderr
    assert "2 segments" in done.stdout
    page = next((file.parent / "models").rglob("report.html")).read_text()
    assert "<svg" in page or "data:image/svg+xml" in page
