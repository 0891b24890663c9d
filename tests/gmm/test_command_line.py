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
from include.gmm.versions.seal import sealed
from tests.gmm.commands.fits import QUICK, fit, summaries
from tests.gmm.page.examples import example

pytestmark = pytest.mark.usefixtures("drawn_at_once")


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
        (["--key", "shopper", "--features", " , "], "--features names no column"),
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
    (folder / "summary.json").write_bytes(sealed(example()))
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
        ('{"schema_version": 1}', "page.html", "has schema 1, and this release reads schema 5"),
        ("", "nowhere/page.html", "page.html: cannot be written (No such file or directory)"),
        ("", "version", "version: cannot be written (Is a directory)"),
        ("", "/dev/null", "/dev/null: cannot be written (Not a file)"),
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
