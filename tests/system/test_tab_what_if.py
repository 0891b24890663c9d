"""What the section "What if?" makes of what people type and paste, in a real browser."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from include.gmm.page.export import report
from include.gmm.page.static_files import WHAT_IF, content
from include.gmm.summary import Summary
from tests.gmm.page.examples import example
from tests.system.browser import watch

FIRST = [368.4, 2.9, 33.7, 1.2]  # a row of the four features
NAMES = ("recency_days", "orders", "average_order", "balance")
MINUS, DASH, APOSTROPHE = "\N{MINUS SIGN}", "\N{EN DASH}", "\N{RIGHT SINGLE QUOTATION MARK}"
WIDE = "\N{FULLWIDTH DIGIT FIVE}"
NBSP, THIN, NARROW = "\N{NO-BREAK SPACE}", "\N{THIN SPACE}", "\N{NARROW NO-BREAK SPACE}"
READ: dict[str, float | None] = {
    # As JavaScript writes them, too.
    "5": 5, "-5": -5, "+5": 5, "0.5": 0.5, ".5": 0.5, "5.": 5, "1e3": 1000, "1.5E-3": 0.0015,
    "007": 7, "1.234": 1.234, "0": 0,
    # Thousands and decimals.
    "1,234": 1234, "12,345.6": 12345.6, "1,234,567": 1234567, "12,34,567": 1234567,
    "12,34,567.5": 1234567.5, "1.234,5": 1234.5, "1.234.567": 1234567, "1.234.567,89": 1234567.89,
    "1,5": 1.5, "0,123": 0.123, "1234,567": 1234.567, ",5": 0.5, "12,3456": 12.3456,
    "1,234.": 1234,
    "1'234.5": 1234.5, f"1{APOSTROPHE}234": 1234, "12 345": 12345, "1 234,5": 1234.5, "1_000": 1000,
    f"1{NBSP}234,5": 1234.5, f"1{NARROW}234": 1234, f"1{THIN}234.5": 1234.5,
    # What stands around.
    "  5  ": 5, f"{NBSP}5": 5, "\ufeff5": 5, '"5"': 5, "'5'": 5, "“1,234”": 1234, "«5»": 5,
    "$5": 5, "€ 1.234,50": 1234.5, "5 €": 5, "-$5": -5, "$-5": -5, "(5)": -5,
    "($1,234.50)": -1234.5,
    f"{MINUS}5": -5, f"{DASH}5": -5, WIDE: 5, "£1,234": 1234, "₹12,34,567": 1234567,
    "5 days": 5, "1 day": 1, "1,234 DAYS": 1234, "5days": 5,
    # Neither: what may be another number, and what is none.
    "": None, "  ": None, "abc": None, "NaN": None, "Infinity": None, "0x10": None, "1e999": None,
    "5 weeks": None, "5k": None, "3M": None, "12 %": None, "5‰": None, "1,23,4": None,
    "1.2.3": None,
    "1,2.3,4": None, "1.234.5": None, "1 2": None, "1 23 456": None, "1'234 567": None, "5-": None,
    "--5": None, "-": None, ".": None, ",": None, "$": None, "1,234,56": None, "10²": None,
    "½": None,
    "1/2": None, "2026-11-26": None, "12:30": None, "()": None, "1e": None, "e5": None,
    "NULL": None, "n/a": None, "?": None, "٣": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """A page with the scripts that read, and nothing else."""
    page = browser.new_page()
    for name in WHAT_IF[:2]:
        page.add_script_tag(content=content(name).decode())
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[Page]:
    """The report of a made-up summary."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_content(report(example()))
    yield page
    page.context.close()


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    """The same with the values of FIRST; at its end its console has told of no error."""
    troubles = watch(opened)
    for place, value in enumerate(FIRST):
        opened.locator("#what-if input").nth(place).fill(str(value))
    yield opened
    assert troubles == []


def test_numbers_are_read_right_or_not_at_all(scripts: Page) -> None:
    read = "texts => texts.map(text => numbers.read(text, 'days').value ?? null)"
    assert dict(zip(READ, scripts.evaluate(read, list(READ)), strict=True)) == READ


@pytest.mark.parametrize(
    ("texts", "point", "read"),
    [
        (["1,5", "1.234"], ",", [1.5, 1234]),
        (["1,5", "1,234"], ",", [1.5, 1.234]),
        (["1.5", "1,234"], ".", [1.5, 1234]),
        (["1.234,5", "2.345"], ",", [1234.5, 2345]),
        (["1.5", "1,5", "1,234"], "both", [1.5, 1.5, None]),
        (["1,234", "5"], None, [1234, 5]),
    ],
)
def test_neighbours_tell_which_sign_stands_for_the_point(
    scripts: Page, texts: list[str], point: str | None, read: list[float | None]
) -> None:
    found = scripts.evaluate("texts => numbers.pointOf(texts, texts.map(() => ''))", texts)
    assert found == point
    code = "([texts, point]) => texts.map(text => numbers.read(text, '', point).value ?? null)"
    assert scripts.evaluate(code, [texts, point]) == read


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("12,5 %", "%", 12.5),
        ("5 s", "s", 5),
        ("USD 1,234.50", "USD", 1234.5),
        ("5 m2", "m2", 5),
        ("5 km", "m", None),
        ("5 min", "", None),
    ],
)
def test_a_unit_is_that_of_the_column_and_no_other(
    scripts: Page, text: str, unit: str, value: float | None
) -> None:
    code = "([text, unit]) => numbers.read(text, unit).value ?? null"
    assert scripts.evaluate(code, [text, unit]) == value


def test_a_field_says_what_it_was_read_as(page: Page) -> None:
    page.locator("#what-if input").nth(0).fill("1,234 days")
    expect(page.locator("#what-if .read")).to_have_text("Read “1,234 days” as 1234.")
    assert np.allclose(shown(page), predicted([1234, *FIRST[1:]]), atol=0.1)


def test_a_field_that_cannot_be_read_is_named_with_its_text(page: Page) -> None:
    field = page.locator("#what-if input").nth(1)
    field.fill("5k")
    expect(page.locator("#what-if .verdict")).to_have_text("Orders “5k” is no number.")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.locator("#what-if output").first.inner_text() == DASH


@pytest.mark.parametrize("value", ["-1", f"{MINUS}1.5", "(3)"])
def test_where_a_logarithm_ends_the_field_says_so(page: Page, value: str) -> None:
    page.locator("#what-if input").nth(1).fill(value)
    expect(page.locator("#what-if .verdict")).to_contain_text(f"is not above {MINUS}1")


def test_a_column_without_a_logarithm_may_be_negative(page: Page) -> None:
    page.locator("#what-if input").nth(3).fill("-500.5")
    expect(page.locator("#what-if .verdict")).to_contain_text("with")


@pytest.mark.parametrize("value", ["1e9", "1e300"])
def test_what_is_far_from_every_row_is_unlike_any_customer(page: Page, value: str) -> None:
    expect(page.locator("#what-if .verdict")).to_contain_text("Most probably")
    page.locator("#what-if input").nth(3).fill(value)
    expect(page.locator("#what-if .verdict")).to_contain_text("Unlike any customer seen")


@pytest.mark.parametrize(("margin", "unlike"), [(-1e-3, False), (0.0, False), (1e-3, True)])
def test_the_limit_is_the_least_log_density_of_the_rows(
    browser: Browser, margin: float, unlike: bool
) -> None:
    summary = example()
    least = log_density(summary, FIRST) + margin
    evaluation = summary.evaluation.model_copy(update={"least_log_density": least})
    page = browser.new_page()
    page.set_content(report(summary.model_copy(update={"evaluation": evaluation})))
    for place, value in enumerate(FIRST):
        page.locator("#what-if input").nth(place).fill(str(value))
    found = page.locator("#what-if .verdict").inner_text()
    page.context.close()
    assert found.startswith("Unlike any customer seen") is unlike


@pytest.mark.parametrize(
    "text",
    [
        "12\t9\t480\t-3\n540\t1\t13\t4,5\n",
        "12;9;480;-3\r\n540;1;13;4,5\r\n",
        "12,9,480,-3\n540,1,13,4.5",
        "12 9 480 -3\n540 1 13 4.5",
        "7\t12\t9\t480\t-3\n8\t540\t1\t13\t4.5",
        "a,12,9,480,-3\nb,540,1,13,4.5",
        "id\tx\ty\tz\tw\nA1\t12\t9\t480\t-3\nA2\t540\t1\t13\t4.5",
        "balance,other,recency_days,orders,average_order\n-3,x,12,9,480\n4.5,y,540,1,13",
        "Balance against last year\tDays since last order\tOrders\tAverage order\n"
        "-3\t12\t9\t480\n4.5\t540\t1\t13",
        '"12","9","480","-3"\n\n"540","1","13","4.5"\n\n',
    ],
)
def test_each_row_of_a_paste_is_answered(page: Page, text: str) -> None:
    paste(page, text)
    cells = table(page)
    rows = [[12.0, 9.0, 480.0, -3.0], [540.0, 1.0, 13.0, 4.5]]
    assert [[float(cell) for cell in line[2:6]] for line in cells] == rows
    for line, row in zip(cells, rows, strict=True):
        share = float(line[1].rpartition("with ")[2].removesuffix(" %"))
        assert share == pytest.approx(max(predicted(row)), abs=0.1)


def test_rows_bear_their_keys_where_there_are_some(page: Page) -> None:
    paste(page, "A1\t12\t9\t480\t-3\nA2\t540\t1\t13\t4")
    assert [line[0] for line in table(page)] == ["A1", "A2"]
    paste(page, "12\t9\t480\t-3\n540\t1\t13\t4")
    assert [line[0] for line in table(page)] == ["Row 1", "Row 2"]


def test_each_row_says_what_is_wrong_with_it_and_no_other(page: Page) -> None:
    paste(page, "12\t9\t480\t-3\n540\t1\t13\n1\tmany\t3\t4\n-7\t1\t1\t1\n1\t1\t1\t1e12")
    first, *wrong, last = (line[1] for line in table(page))
    assert re.fullmatch(r".*, with \d+\.\d %", first)
    assert wrong == [
        "3 columns where 4 are expected",
        "Orders “many” is no number.",
        f"Days since last order “-7” is not above {MINUS}1, as log(1 + x) needs it.",
    ]
    assert last.startswith("Unlike any customer seen; the nearest is ")


def test_a_paste_of_two_ways_to_write_numbers_is_read_where_it_is_sure(page: Page) -> None:
    paste(page, "1.5\t1\t1\t1\n1,5\t1\t1\t1,234")
    first, second = table(page)
    assert ", with " in first[1]
    assert "may be two numbers" in second[1]


def test_of_many_rows_some_are_answered_and_the_rest_counted(page: Page) -> None:
    paste(page, "\n".join(["12\t9\t480\t-3"] * 250))
    assert len(table(page)) == 100
    expect(page.locator("#what-if .answers .note")).to_have_text(
        "250 rows were pasted; 150 are left out here."
    )


@pytest.mark.parametrize(
    ("text", "place", "values"),
    [
        ("31\t4\n", 1, ["368.4", "31", "4", "1.2"]),
        ("31\n4\n", 1, ["368.4", "31", "4", "1.2"]),
        ("1,5\t1.234", 0, ["1.5", "1234", "33.7", "1.2"]),
        ("key\t1\t2\t3\t4", 2, ["1", "2", "3", "4"]),
        ("1, 2, 3, 4", 0, ["1", "2", "3", "4"]),
        ("orders,balance,recency_days,average_order\n1,2,3,4", 0, ["3", "1", "4", "2"]),
    ],
)
def test_one_row_or_a_part_of_one_goes_into_the_fields(
    page: Page, text: str, place: int, values: list[str]
) -> None:
    paste(page, text, place)
    assert [each.input_value() for each in page.locator("#what-if input").all()] == values


def test_one_row_of_too_many_columns_is_told(page: Page) -> None:
    paste(page, "1\t2\t3\t4\t5\t6\t7")
    expect(page.locator("#what-if .verdict")).to_have_text(
        "What was pasted has 7 columns where 4 are expected."
    )


def test_what_was_pasted_is_text(page: Page) -> None:
    paste(page, "<img src=x onerror=alert(1)>\t1\t2\t3\t4\n<b>\t1\t2\t3\t4")
    assert [line[0] for line in table(page)] == ["<img src=x onerror=alert(1)>", "<b>"]
    expect(page.locator("#what-if .answers img")).to_have_count(0)


def test_the_answers_are_for_everybody_and_for_a_phone(page: Page) -> None:
    paste(page, "A1\t12\t9\t480\t-3\nA2\t540\tmany\t13\t4")
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    result = page.evaluate("axe.run('#what-if', { resultTypes: ['violations'] })")
    assert [fault["id"] for fault in result["violations"]] == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1200, "height": 900})


def paste(page: Page, text: str, place: int = 0) -> None:
    page.locator("#what-if input").nth(place).focus()
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", text);
            document.activeElement.dispatchEvent(
              new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }),
            );
        }""",
        text,
    )


def table(page: Page) -> list[list[str]]:
    """The answers to what was pasted: name, answer, values."""
    expect(page.locator("#what-if .answers")).to_be_visible()
    code = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    found: list[list[str]] = page.locator("#what-if tbody tr").evaluate_all(code)
    return found


def shown(page: Page) -> list[float]:
    """The probabilities of the fields, in percent."""
    texts = page.locator("#what-if output").all_inner_texts()
    return [float(text.removesuffix(" %")) for text in texts]


def log_densities(summary: Summary, row: list[float]) -> Any:
    """Of each component with its weight, by another library."""
    features = [feature for feature in summary.features if feature.in_mixture]
    assert tuple(feature.name for feature in features) == NAMES
    z = [
        ((math.log1p(value) if feature.transform == "log1p" else value) - (feature.centre or 0))
        / (feature.scale or 1)
        for value, feature in zip(row, features, strict=True)
    ]
    mixture = summary.mixture
    return np.array(
        [
            math.log(weight) + multivariate_normal(mean, covariance).logpdf(z)
            for weight, mean, covariance in zip(
                mixture.weights, mixture.means, np.array(mixture.covariances), strict=True
            )
        ]
    )


def log_density(summary: Summary, row: list[float]) -> float:
    return float(logsumexp(log_densities(summary, row)))


def predicted(row: list[float]) -> list[float]:
    """The probabilities in percent."""
    logs = log_densities(example(), row)
    return list(100 * np.exp(logs - logsumexp(logs)))
