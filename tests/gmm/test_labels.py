"""Labels made of the names of columns."""

import pytest

from include.gmm import labels
from include.gmm.settings import Feature


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("SeniorCitizen", "Senior citizen"),
        ("senior_citizen", "Senior citizen"),
        ("MONTHLY_CHARGES", "Monthly charges"),
        ("CustomerID", "Customer ID"),
        ("CDsPerOrder", "CDs per order"),
        ("HTTPRequests", "HTTP requests"),
        ("Last30Days", "Last30 days"),
        ("total spend", "Total spend"),
        ("年齢", "年齢"),
        ("__", "__"),
    ],
)
def test_a_label_is_made_of_the_words_of_a_column(column: str, label: str) -> None:
    assert labels.made_of(column) == label


def test_a_feature_has_its_own_label_or_that_of_its_column() -> None:
    assert Feature(label="Money").named("TotalSpend") == "Money"
    assert Feature().named("TotalSpend") == "Total spend"
