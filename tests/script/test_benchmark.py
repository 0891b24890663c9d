"""script/bench: who it measures ends at the same mixture, and its tables can be made."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from sklearn.mixture import GaussianMixture

from script.benchmark import report
from script.benchmark.choices import CHOOSERS
from script.benchmark.contenders import CONTENDERS, OURS, SCIKIT_LEARN
from script.benchmark.data import all_rows, pieces, random_mixture, start_of
from script.benchmark.exponential import Exponential, exponentials
from script.benchmark.fits import Fit, ItemResult
from script.benchmark.floor import Floor, floor
from script.benchmark.items import ITEMS, Item
from script.benchmark.mixture import CovarianceType, Mixture
from script.benchmark.process import Worker, WorkerError
from script.benchmark.tab import TabResult
from tests.conftest import PROJECT

SMALL = Item(2_000, 3, 2, "full")
KINDS: list[CovarianceType] = ["full", "diag"]


@pytest.mark.parametrize("kind", KINDS)
def test_we_end_where_scikit_learn_ends(kind: CovarianceType) -> None:
    item = Item(2_000, 3, 2, kind)
    rows = all_rows(item)
    start = start_of(item, rows)
    ours, theirs = (CONTENDERS[name]().fit(rows, start, 20) for name in (OURS, SCIKIT_LEARN))
    assert ours.difference(theirs, rows.std(axis=0)) < 1e-9
    assert ours.log_likelihood(rows) == pytest.approx(theirs.log_likelihood(rows), abs=1e-12)


def test_differences_are_in_deviations() -> None:
    mixture = random_mixture(SMALL)
    deviations = np.array([1.0, 10.0, 100.0])
    moved = Mixture(mixture.weights, mixture.means + 0.1 * deviations, mixture.covariances)
    assert mixture.difference(moved, deviations) == pytest.approx(0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_log_likelihood_is_scikit_learns(kind: CovarianceType) -> None:
    rows = all_rows(SMALL)
    model = GaussianMixture(2, covariance_type=kind, random_state=0).fit(rows)
    fitted = Mixture(model.weights_, model.means_, model.covariances_)
    assert fitted.log_likelihood(rows) == pytest.approx(model.score(rows), abs=1e-12)


def test_the_rows_are_of_the_mixture_and_the_same_in_pieces() -> None:
    item = Item(200_000, 3, 2, "full")
    rows, mixture = all_rows(item), random_mixture(item)
    np.testing.assert_array_equal(rows, np.vstack(list(pieces(item))))
    np.testing.assert_allclose(rows.mean(axis=0), mixture.weights @ mixture.means, atol=0.02)


def test_a_small_scale_leaves_rows_for_every_component() -> None:
    assert ITEMS["a"].scaled(0.5).rows == 500_000
    assert all(item.scaled(1e-6).rows > 50 * item.components for item in ITEMS.values())


def test_the_floor_counts_both_of_its_parts() -> None:
    least = floor(SMALL)
    assert least.seconds == least.products + least.exponentials
    assert 0 < least.exponentials < 1
    assert 0 < least.products < 1


@pytest.mark.parametrize("exponential", exponentials())
def test_every_exponential_is_exact_enough(exponential: Exponential) -> None:
    values = np.concatenate([np.linspace(-700, 1, 10_001), [0.0]])
    results = np.empty_like(values)
    exponential(values, results)
    np.testing.assert_allclose(results, np.exp(values), rtol=1e-13)


@pytest.mark.parametrize("chooser", CHOOSERS.values(), ids=CHOOSERS)
def test_everybody_finds_two_clouds(chooser: object) -> None:
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(-2, 0.5, (300, 2)), rng.normal(2, 0.5, (200, 2))])
    assert callable(chooser)
    choice = chooser(rows / rows.std(axis=0), range(1, 4))
    assert (choice.n_components, choice.degenerate) == (2, 0)


def test_a_worker_answers_as_the_contender_itself(tmp_path: Path) -> None:
    rows = all_rows(SMALL)
    start = start_of(SMALL, rows)
    np.save(tmp_path / "rows.npy", rows)
    path = str(tmp_path / "rows.npy")
    tables = {"warm_ups": [path], "iterations": 1, "rows": path}
    with Worker("fit_worker", SCIKIT_LEARN) as worker:
        worker.ask("prepare", contender=SCIKIT_LEARN, start=start.to_json(), **tables)
        answer = worker.ask("fit", iterations=3)
        with pytest.raises(WorkerError, match="scikit-learn: KeyError: 'rest'"):
            worker.ask("rest")
    fitted = CONTENDERS[SCIKIT_LEARN]().fit(rows, start, 3)
    assert Mixture.from_json(answer["mixture"]).difference(fitted, np.ones(3)) == 0
    assert answer["seconds"] > 0
    assert answer["memory"] >= 0


def test_the_peak_is_the_processs_own() -> None:
    """On Linux ru_maxrss begins with the parent's, and this parent is big."""
    code = (
        "from script.benchmark.memory import peak, restart_peak; before = restart_peak();"
        "held = b'x' * 100_000_000; print(before, peak() - before)"
    )
    output = subprocess.check_output([sys.executable, "-c", code], cwd=PROJECT, text=True)
    before, grown = map(int, output.split())
    assert before < 50e6
    assert 95e6 < grown < 110e6


def test_ratios_are_to_us() -> None:
    ours, theirs = (Fit(seconds, 1.0, 10**6, -1.0, 0.0, None) for seconds in (0.1, 2.0))
    result = ItemResult(ITEMS["a"], Floor(0.01, 0.02), {OURS: ours, SCIKIT_LEARN: theirs})
    text = report.speed({"a": result})
    assert "| item | this project | scikit-learn | floor |" in text
    assert "| a: 1,000,000 x 8, K 8, full | 0.1 | 2 (20) | 0.03 (0.3) |" in text


def test_waits_for_the_tab_stand_beside_their_goals() -> None:
    text = report.tab(TabResult(0.81, 0.1234, 0.3, 20))
    assert "| until the first chart is drawn | 0.81 | 1.50 |" in text
    assert "| a page, 20 readers at once | 0.123 |  |" in text


def test_everything_that_is_ours_can_be_measured() -> None:
    command = [sys.executable, "-m", "script.benchmark", "--no-peers", "--repeat", "1"]
    command += ["--items", "a", "--table", "--parquet", "--life", "--scale", "0.001"]
    output = subprocess.check_output(command, cwd=PROJECT, text=True)
    titles = [line for line in output.splitlines() if line.startswith("**")]
    assert len(titles) == 6
    assert "oneDAL" not in output


def test_the_peers_are_pinned_and_left_out_where_they_have_no_wheels() -> None:
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    for requirement in map(Requirement, groups["bench"]):
        assert [s.operator for s in requirement.specifier] == ["=="], requirement
        assert requirement.marker, requirement
        assert not requirement.marker.evaluate({"platform_machine": "aarch64"}), requirement
