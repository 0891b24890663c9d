"""The trigger form and what its answers do to the settings."""

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowFailException, ParamValidationError

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.warehouse import LoadedTable
from include.orchestration import training, warehouse
from include.orchestration.form import trigger_form, with_choices

CUSTOMERS = settings.find("customers")


def answers(**changes: Any) -> dict[str, Any]:
    form = ParamsDict(trigger_form(CUSTOMERS.mixture))
    form.update(changes)
    return form.validate()


def test_an_untouched_form_leaves_the_settings_as_they_are() -> None:
    assert with_choices(CUSTOMERS, answers()) == CUSTOMERS


def test_the_answers_replace_the_settings() -> None:
    chosen = with_choices(
        CUSTOMERS,
        answers(
            min_components=2,
            max_components=4,
            covariance_types=["diag"],
            criterion="icl",
            seed=5,
        ),
    ).mixture
    assert (chosen.n_components.min, chosen.n_components.max) == (2, 4)
    assert chosen.covariance_types == ("diag",)
    assert (chosen.criterion, chosen.seed) == ("icl", 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_components": 0},
        {"max_components": 51},
        {"covariance_types": []},
        {"covariance_types": ["round"]},
        {"criterion": "best"},
        {"seed": -1},
    ],
    ids=str,
)
def test_the_form_refuses_what_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        answers(**wrong)


def test_answers_that_contradict_each_other_are_refused_with_both_numbers() -> None:
    with pytest.raises(InputError, match=r"Fewest segments \(5\) is more than Most segments \(2\)"):
        with_choices(CUSTOMERS, answers(min_components=5, max_components=2))


def test_what_no_field_is_for_is_refused_with_the_fields_there_are() -> None:
    with pytest.raises(InputError, match=r"there is no 'max_component'; there are min_components"):
        with_choices(CUSTOMERS, {**answers(), "max_component": 3})


def test_the_form_is_checked_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    params = answers(min_components=5, max_components=2)
    monkeypatch.setattr(training, "get_current_context", lambda: {"params": params})
    monkeypatch.setattr(warehouse, "configured", lambda: pytest.fail("it was loaded"))
    with pytest.raises(AirflowFailException, match="trigger form: Fewest segments"):
        training.load_data.function("customers")


def test_a_dag_without_a_form_loads_as_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = LoadedTable("raw.purchases", 1, ["a"], "digest")
    purchases = SimpleNamespace(load=lambda _: loaded)
    monkeypatch.setattr(training, "get_current_context", lambda: {"params": {}})
    monkeypatch.setattr(warehouse, "configured", lambda: purchases)
    monkeypatch.setattr(training, "present_champion", lambda _: None)
    assert training.load_data.function("customers")["rows"] == 1


def test_every_field_says_what_it_is() -> None:
    for name, param in trigger_form(CUSTOMERS.mixture).items():
        assert param.schema["title"], name
        assert param.schema.get("description") or param.description, name
