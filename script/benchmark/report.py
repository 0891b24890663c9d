"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from script.benchmark.choices import COMPONENTS, COVARIANCE_TYPES
from script.benchmark.contenders import OURS
from script.benchmark.fits import ItemResult
from script.benchmark.identity import SURE, Refit
from script.benchmark.items import ITERATIONS
from script.benchmark.life import LifeResult
from script.benchmark.parquet import ParquetResult
from script.benchmark.postgres import PostgresResult
from script.benchmark.scoring import ScoringResult
from script.benchmark.stability import RESAMPLES, StabilityResult
from script.benchmark.table import TableResult

if TYPE_CHECKING:  # it brings a browser
    from script.benchmark.tab import TabResult

FLOOR = "floor"


def speed(results: dict[str, ItemResult]) -> str:
    """Seconds per iteration, and how many times ours that is."""
    contenders = [*next(iter(results.values())).fits, FLOOR]
    rows = []
    for name, result in results.items():
        times = {who: fit.seconds for who, fit in result.fits.items()}
        times[FLOOR] = result.floor.seconds
        rows.append([f"{name}: {result.item}", *(_ratio(times, who) for who in contenders)])
    return _section(
        f"Seconds per EM iteration ({ITERATIONS} from the same start, float64)",
        ["item", *contenders],
        rows,
        "In brackets: times ours. A whole fit by its number of iterations, median, no "
        "regularisation (`reg_covar=0`). Floor: two matrix products and exp on numbers in cache.",
    )


def details(results: dict[str, ItemResult]) -> str:
    """Whether all end at the same mixture, and what it takes."""
    return _section(
        "Where they end, and what it takes",
        [
            "item",
            "contender",
            "log-likelihood per row",
            "difference from scikit-learn",
            "peak memory, MB",
            "first fit, s",
            "predict_proba, rows per s",
        ],
        [
            [
                name,
                who,
                f"{fit.log_likelihood:.10f}",
                "" if fit.difference is None else f"{fit.difference:.0e}",
                f"{fit.memory / 1e6:,.0f}",
                "" if fit.first_fit is None else f"{fit.first_fit:.2f}",
                "" if fit.rows_per_second is None else f"{fit.rows_per_second:,.0f}",
            ]
            for name, result in results.items()
            for who, fit in result.fits.items()
        ],
        "Difference: the greatest of any weight, mean or covariance, in standard deviations of "
        "the features. Memory: above that after the imports, with the rows ("
        + ", ".join(f"{name} {r.item.megabytes:,.0f} MB" for name, r in results.items())
        + "). First fit: the whole of ours in a new process, with what it compiles; what an item "
        "compiled, the next ones load.",
    )


def floors(results: dict[str, ItemResult]) -> str:
    """The two parts of the floor."""
    return _section(
        "The floor in parts, seconds per iteration",
        ["item", "two matrix products", "exp"],
        [
            [name, f"{r.floor.products:.4f}", f"{r.floor.exponentials:.4f}"]
            for name, r in results.items()
        ],
    )


def table(result: TableResult) -> str:
    """The selection table as a whole."""
    item = result.item
    return _section(
        f"The selection table: K {COMPONENTS[0]} to {COMPONENTS[-1]} by "
        f"{', '.join(COVARIANCE_TYPES)} on {item.rows:,} x {item.features}",
        ["contender", "seconds (times ours)", "best BIC", "its K and type", "degenerate"],
        [
            [
                who,
                _ratio(result.seconds, who),
                f"{choice.bic:,.1f}",
                f"{choice.n_components}, {choice.covariance_type}",
                str(choice.degenerate),
            ]
            for who, choice in result.choices.items()
        ],
        f"The rows come from {item.components} Gaussians. scikit-learn: a loop of default fits.",
    )


def parquet(result: ParquetResult) -> str:
    """The fit of a file."""
    return _section(
        f"A Parquet file of {result.item}",
        ["seconds per pass", "peak memory, MB", "the rows, MB"],
        [
            [
                f"{result.seconds:.2f}",
                f"{result.memory / 1e6:,.0f}",
                f"{result.item.megabytes:,.0f}",
            ]
        ],
        f"{ITERATIONS} iterations, given the path. Memory: above that after imports and a small "
        "fit.",
    )


def scoring(result: ScoringResult) -> str:
    """Segments of all rows of a warehouse."""
    return _section(
        f"Scoring {result.item}, from DuckDB into DuckDB",
        [
            "contender",
            "seconds (times ours)",
            "of processors",
            "rows per s",
            "peak memory, MB",
            "above imports, MB",
        ],
        [
            [
                who,
                _ratio(result.seconds, who),
                _ratio(result.processor_seconds, who),
                f"{result.item.rows / seconds:,.0f}",
                f"{result.peaks[who] / 1e6:,.0f}",
                f"{result.memory[who] / 1e6:,.0f}",
            ]
            for who, seconds in result.seconds.items()
        ],
        "Ours with its checks of the table, its digests and the swap; the loop reads 200,000 rows, "
        "calls predict_proba and inserts the frame into the same columns. Greatest difference of "
        f"any membership probability: {result.difference:.0e}.",
    )


def postgres(result: PostgresResult) -> str:
    """Rows a second from a database into it."""
    rows = [
        [name, f"{seconds:,.1f}", f"{result.item.rows / seconds:,.0f}", _mb(result.peak[name])]
        for name, seconds in result.seconds.items()
    ]
    return _section(
        f"Segments of {result.item} in PostgreSQL",
        ["", "seconds", "rows a second", "peak memory, MB"],
        rows,
        "Whole processes. The loop reads frames of 200,000 rows and writes by to_sql.",
    )


def life(result: LifeResult) -> str:
    """What each task takes, one after the other."""
    return _section(
        f"The life of a model of {result.item}",
        ["task", "seconds", "peak memory, MB"],
        [[step.name, f"{step.seconds:,.1f}", _mb(step.peak)] for step in result.steps],
        "Each in a process of its own, without Airflow and dbt.",
    )


def tab(result: TabResult) -> str:
    """How long readers wait."""
    return _section(
        "The Clusters tab of a run",
        ["", "seconds", "goal"],
        [
            ["until the first chart is drawn", f"{result.first_chart:.2f}", "1.50"],
            [f"a page, {result.readers} readers at once", f"{result.page:.3f}", ""],
            ["the same, the slowest twentieth", f"{result.slow_page:.3f}", "0.500"],
        ],
        "Medians of rounds. The browser has the scripts already.",
    )


def stability(result: StabilityResult) -> str:
    """How far resampled rows give the same segments."""
    return _section(
        f"Stability of the shipped customers' segments, K {result.n_components}, "
        f"{result.covariance_type}",
        ["contender", "mean adjusted Rand index", "least", "smallest eigenvalue"],
        [
            [
                who,
                f"{found.indices.mean():.3f}",
                f"{found.indices.min():.3f}",
                f"{found.smallest_eigenvalue:.1e}",
            ]
            for who, found in result.by.items()
        ],
        f"{RESAMPLES} bootstrap refits against the fit to all rows; both on log1p, standardised. "
        "scikit-learn: its defaults. An eigenvalue of 1e-06 is its reg_covar: a collapsed segment.",
    )


def identity(refits: list[Refit]) -> str:
    """What customers keep when their segments are fitted anew."""
    return _section(
        "The shipped customers' segments, fitted anew",
        ["refit", "segments", "keep their id", "component number", "scikit-learn's"],
        [
            [
                refit.name,
                str(refit.n_components),
                f"{refit.by_id:.2%}",
                f"{refit.by_number:.2%}",
                f"{refit.by_scikit_learn:.2%}",
            ]
            for refit in refits
        ],
        f"Of the customers whose largest probability exceeds {SURE:.0%}. Component number: ours in "
        "order of weights. scikit-learn's: two fits by its defaults, at the first one's size.",
    )


def _ratio(times: dict[str, float], who: str) -> str:
    text = f"{times[who]:.3g}"
    if who == OURS:
        return text
    ratio = times[who] / times[OURS]
    return f"{text} ({ratio:.0f})" if ratio >= 10 else f"{text} ({ratio:.2g})"


def _section(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = ""
) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (columns, ["---"] * len(columns), *rows)]
    return "\n".join([f"**{title}**", "", *lines, *(["", note] if note else []), ""])


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f}"
