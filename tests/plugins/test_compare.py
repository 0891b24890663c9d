"""Two runs of a segmentation side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from include.gmm.summary import Summary
from tests.gmm.page.examples import example

TASK = "load_model_and_evaluate"
Client = Callable[[str | None], TestClient]
MakeRun = Callable[..., str]
Compare = Callable[[Summary, Summary], str]


def changed(segments: int = 5, **fields: Any) -> Summary:
    return example(segments).model_copy(update=fields)


@pytest.fixture
def compared(client: Client, trained: Callable[..., str], dag_id: str) -> Compare:
    def page(left: Summary, right: Summary) -> str:
        chosen = {"left": trained(0, left), "right": trained(1, right)}
        answer = client("viewer").get(f"/gmm/{dag_id}/compare", params=chosen)
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", answer.text)

    return page


def test_figures_of_both_stand_beside_their_difference(compared: Compare) -> None:
    surer = example().evaluation.model_copy(update={"mean_largest_probability": 0.9518})
    diagonal = example(4).mixture.model_copy(update={"covariances": [[1.0] * 4] * 4})
    page = compared(
        example(), changed(4, evaluation=surer, covariance_type="diag", mixture=diagonal)
    )
    lines = {
        name: re.findall(r"<td[^>]*>(.*?)</td>", cells)
        for name, cells in re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', page)
    }
    assert lines["Segments"] == ["5", "4", "\N{MINUS SIGN}1"]
    assert lines["Mean largest membership probability"] == ["93.2 %", "95.2 %", "+2.0 points"]
    assert lines["Rows in doubt"] == ["4.1 %", "4.1 %", "the same"]


def test_segments_are_matched_by_number_with_a_warning_of_what_that_means(
    compared: Compare,
) -> None:
    page = compared(example(5), example(4))
    assert "Segments are matched by their number" in page
    assert "another version may give them to other people" in page
    rows = re.findall(r"</span>(\d) in ([AB])(?: <small>(\w+)</small>)?</th>", page)
    assert rows[:4] == [("1", "A", ""), ("1", "B", ""), ("2", "A", "Regulars"),
                        ("2", "B", "Regulars")]  # fmt: skip
    assert "B has no segment with this number." in page
    larger = example(4).segments[0].share - example(5).segments[0].share
    assert f"+{100 * larger:.1f} points" in page


def test_profiles_are_in_the_units_of_the_user(compared: Compare) -> None:
    page = compared(example(), example())
    assert "Average order (USD)" in page
    assert page.count("<td>38.1</td>") == 2  # segment 2, in A and in B


def test_settings_that_differ_are_named_and_no_others(compared: Compare) -> None:
    renamed = example().features[0].model_copy(update={"name": "visits"})
    segments = [
        each.model_copy(
            update={
                "profile": {
                    name.replace("recency_days", "visits"): mean
                    for name, mean in each.profile.items()
                }
            }
        )
        for each in example().segments
    ]
    features = [renamed, *example().features[1:]]
    other = example().model_copy(
        update={"seed": 7, "criterion": "icl", "features": features, "segments": segments}
    )
    page = compared(example(), other)
    settings = page[page.index("What differs in the settings") : page.index("The segments")]
    names = re.findall(r'<th scope="row">([^<]+)</th>', settings)
    assert names == ["Features of the mixture", "Transformed by log1p", "Criterion", "Seed"]
    assert "ICL" in settings


def test_where_no_setting_differs_the_page_says_so(compared: Compare) -> None:
    assert "Nothing that the two summaries tell" in compared(example(), example())


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "Choose two runs"),
        ("left=manual__0%2B00%3A00", 400, "Choose two runs"),
        ("left=manual__0%2B00%3A00&right=manual__0%2B00%3A00", 400, "Choose two runs"),
        ("left=manual__0%2B00%3A00&right=gone", 404, "No such run"),
        ("left=gone&right=manual__0%2B00%3A00", 404, "No such run"),
    ],
)
def test_runs_that_cannot_be_compared_are_a_message(
    client: Client,
    trained: Callable[..., str],
    dag_id: str,
    query: str,
    status: int,
    said: str,
) -> None:
    trained()
    answer = client("viewer").get(f"/gmm/{dag_id}/compare?{query}")
    assert answer.status_code == status
    assert f"<h1>{said}</h1>" in answer.text


def test_a_run_without_summary_is_a_message_that_leads_to_its_log(
    client: Client, run: MakeRun, trained: Callable[..., str], dag_id: str
) -> None:
    chosen = {"left": trained(), "right": "bad"}
    run("failed", {"load_data": "failed", TASK: None}, {}, dag_id, "bad")
    answer = client("viewer").get(f"/gmm/{dag_id}/compare", params=chosen)
    assert answer.status_code == 200
    assert "The run failed" in answer.text
    assert "bad" in answer.text
    (link,) = re.findall(r'<a href="([^"]*)" data-outside>', answer.text)
    wanted = f"/some/base/path/dags/{dag_id}/runs/bad/tasks/load_data"
    assert answer.url.join(link).path == wanted
