"""The history of a segmentation, and two of its runs side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape

from include.gmm.page import comparison, history
from include.gmm.page.charts.trends import CHARTS
from include.gmm.page.history import History, Run, Version
from include.gmm.page.status import Status
from include.gmm.page.words import NOTHING, fixed
from include.gmm.summary import Summary
from tests.gmm.page.examples import HOSTILE, example

TASK = "load_model_and_evaluate"
DAY = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
Client = Callable[[str | None], TestClient]
MakeRun = Callable[..., str]
MakeDag = Callable[..., str]


def changed(segments: int = 5, **fields: Any) -> Summary:
    return example(segments).model_copy(update=fields)


def rows_of(page: str) -> list[str]:
    table = page[page.index('<table class="runs">') :]
    return re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", table, re.DOTALL)


def addresses(page: str) -> list[str]:
    return re.findall(r'(?:href|src|action)="([^"]*)"', page)


def version(days: int, summary: Summary, run_id: str = "some_run") -> Version:
    return Version(
        run_id=run_id,
        date=DAY + timedelta(days=days),
        state="success",
        summary=summary,
        status=Status("Not decided"),
    )


def test_each_run_has_a_row_with_its_figures_the_newest_first(
    client: Client, trained: Callable[..., str], dag_id: str
) -> None:
    trained(0, changed(version="first-version"))
    trained(2, changed(4, version="third-version"))
    trained(1, changed(version="second-version"))
    page = client("viewer").get(f"/gmm/{dag_id}/clusters").text
    rows = rows_of(page)
    assert [re.findall(r"\w+-version", row) for row in rows] == [
        ["third-version"], ["second-version"], ["first-version"],
    ]  # fmt: skip
    bic = next(
        each.bic
        for each in example(4).candidates
        if (each.n_components, each.covariance_type) == (4, "full")
    )
    per_row = fixed(bic / example().evaluation.rows_fitted, 4)
    for said in ('datetime="2026-11-25T20:30:00+00:00"', "2026-11-25 20:30", "succeeded", ">4<",
                 "full", fixed(bic, 1), per_row, "93.2 %", "4.1 %", "23,570"):  # fmt: skip
        assert said in rows[0]


def test_runs_are_counted_in_words_for_one_and_in_numbers_for_more(
    client: Client, trained: Callable[..., str], dag_id: str
) -> None:
    told = []
    for days in range(2):
        trained(days)
        page = client("viewer").get(f"/gmm/{dag_id}/clusters").text
        told += re.findall(r"version\. ([^.]*? left a summary)\.", re.sub(r"\s+", " ", page))
    assert told == [
        "The one run on this page left a summary",
        "2 of the 2 runs on this page left a summary",
    ]


def test_a_summary_whose_choice_is_not_among_its_candidates_does_not_break_the_page(
    client: Client, trained: Callable[..., str], dag_id: str
) -> None:
    chosen = {
        "left": trained(0, changed(candidates=example(4).candidates[:1])),
        "right": trained(1),
    }
    viewer = client("viewer")
    _, row = rows_of(viewer.get(f"/gmm/{dag_id}/clusters").text)
    assert row.count(f"<td>{NOTHING}</td>") == 2
    assert viewer.get(f"/gmm/{dag_id}/compare", params=chosen).status_code == 200


@pytest.mark.parametrize(
    ("state", "returned", "said"),
    [
        ("failed", None, ("failed", "No summary")),
        ("running", None, ("is running", "No summary yet")),
        ("queued", None, ("waits to start", "No summary yet")),
        ("success", {"schema_version": 1}, ("succeeded", "This summary cannot be read")),
    ],
)
def test_a_run_without_a_summary_stands_in_the_table_in_words(
    client: Client, run: MakeRun, dag_id: str, state: str, returned: Any, said: tuple[str, ...]
) -> None:
    run(state, {TASK: None}, {TASK: returned} if returned else {}, dag_id)
    page = client("viewer").get(f"/gmm/{dag_id}/clusters").text
    (row,) = rows_of(page)
    assert [text for text in said if f">{text}<" in row] == list(said)
    assert "vega.js" not in page
    assert "There is something to compare as soon as" in page


def test_older_runs_are_left_out_and_counted(
    client: Client, run: MakeRun, trained: Callable[..., str], dag_id: str
) -> None:
    trained(100)
    for days in range(52):
        run("failed", {TASK: "failed"}, {}, dag_id, f"manual__{days}", DAY + timedelta(days=days))
    page = client("viewer").get(f"/gmm/{dag_id}/clusters").text
    assert len(rows_of(page)) == 50
    assert "3 older runs left out" in page
    assert "manual__3<" in page
    assert "manual__2<" not in page


def test_runs_of_other_dags_are_not_among_them(
    client: Client, run: MakeRun, trained: Callable[..., str], dag_id: str
) -> None:
    trained()
    run("failed", {TASK: "failed"}, {}, f"{dag_id}2", "of_another_dag")
    assert "of_another_dag" not in client("viewer").get(f"/gmm/{dag_id}/clusters").text


def test_each_address_is_relative_and_answers(
    client: Client, trained: Callable[..., str], dag_id: str
) -> None:
    left, right = trained(0), trained(1)
    viewer = client("viewer")
    for page in ("clusters", f"compare?left={quote(left)}&right={quote(right, safe='')}"):
        answer = viewer.get(f"/gmm/{dag_id}/{page}")
        found = addresses(answer.text)
        assert f"{quote(left, safe='')}/clusters" in found
        for address in set(found) - {"compare"}:
            assert not address.startswith(("/", "http:", "https:", "data:", "javascript:"))
            assert viewer.get(answer.url.join(address)).status_code == 200, address


def test_the_form_compares_the_two_newest_versions_unless_others_are_chosen(
    client: Client, run: MakeRun, trained: Callable[..., str], dag_id: str
) -> None:
    older, newer = trained(0), trained(1)
    run("failed", {TASK: "failed"}, {}, dag_id, "failed_run", DAY + timedelta(days=2))
    viewer = client("viewer")
    answer = viewer.get(f"/gmm/{dag_id}/clusters")
    form = answer.text[answer.text.index("<form") : answer.text.index("</form>")]
    assert 'method="get" action="compare"' in form
    chosen = re.findall(r'<select name="(\w+)">.*?<option value="([^"]*)" selected', form, re.S)
    assert dict(chosen) == {"left": older, "right": newer}
    assert "failed_run" not in form
    sent = viewer.get(answer.url.join("compare"), params=dict(chosen))
    assert (sent.status_code, sent.text.count("The headline")) == (200, 1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("kind", "begins"), [("svg", "<svg"), ("json", "{")])
def test_each_chart_of_the_page_is_drawn(
    client: Client, trained: Callable[..., str], dag_id: str, theme: str, kind: str, begins: str
) -> None:
    trained()
    viewer = client("viewer")
    page = viewer.get(f"/gmm/{dag_id}/clusters").text
    names = re.findall(r'data-chart="(\w+)"', page)
    assert names == list(CHARTS)
    for name in names:
        answer = viewer.get(f"/gmm/{dag_id}/charts/{name}.{theme}.{kind}")
        assert answer.text.startswith(begins)


def test_each_chart_has_its_numbers_in_a_table(
    client: Client, trained: Callable[..., str], dag_id: str
) -> None:
    trained()
    page = client("viewer").get(f"/gmm/{dag_id}/clusters").text
    folded = re.findall(r"<details>.*?</details>", page, re.DOTALL)
    assert [text in table for text, table in zip((">5<", "93.2 %", "36.1 %"), folded, strict=True)]
    assert len(re.findall('class="swatch', folded[2])) == 5


def test_a_chart_that_does_not_exist_is_not_found(
    client: Client, run: MakeRun, trained: Callable[..., str], dag_id: str
) -> None:
    trained()
    run("failed", {TASK: "failed"}, {}, f"{dag_id}2")
    viewer = client("viewer")
    for address in (f"{dag_id}/charts/bic.light.svg", f"{dag_id}2/charts/shares.light.svg"):
        assert viewer.get(f"/gmm/{address}").status_code == 404


def test_a_dag_without_a_run_is_told_how_to_start_one(client: Client, dag: MakeDag) -> None:
    answer = client("viewer").get(f"/gmm/{dag('fresh_train', 'load_data', TASK)}/clusters")
    assert answer.status_code == 200
    assert "No run yet" in answer.text
    assert "press Trigger" in answer.text


def test_a_dag_that_trains_nothing_is_told_so_with_runs_and_without(
    client: Client, dag: MakeDag, run: MakeRun
) -> None:
    run("success", {"hello": "success"}, {}, "greeting")
    for dag_id in ("greeting", dag("never_run", "hello")):
        answer = client("viewer").get(f"/gmm/{dag_id}/clusters")
        assert answer.status_code == 200
        assert "No clusters here" in answer.text


def test_a_dag_that_does_not_exist_is_not_found(client: Client) -> None:
    answer = client("viewer").get("/gmm/no_such_dag/clusters")
    assert answer.status_code == 404
    assert "No such DAG" in answer.text


def test_names_from_outside_are_text_and_no_address() -> None:
    summary = changed(title=HOSTILE, version=HOSTILE, key=HOSTILE)
    named = summary.segments[0].model_copy(update={"name": HOSTILE})
    summary = summary.model_copy(update={"segments": [named, *summary.segments[1:]]})
    hostile, other = version(1, summary, HOSTILE), version(0, example(label=HOSTILE), "../x")
    failed = Run(run_id=HOSTILE, date=DAY, state=HOSTILE, note=HOSTILE)
    for page in (
        history.history(History(HOSTILE, [hostile, other, failed], left_out=0)),
        comparison.page(other, hostile),
    ):
        assert "<script>alert" not in page
        assert str(escape("<script>alert(1)</script>")) in page
        assert f"{quote(HOSTILE, safe='')}/clusters" in addresses(page)
        assert "..%2Fx/clusters" in addresses(page)
        assert not re.findall(r"<style|\son\w+=|\sstyle=", re.sub(r"\"[^\"]*\"", '""', page))
