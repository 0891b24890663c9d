"""Segmentation files: what is read, and how mistakes are named."""

from pathlib import Path

import pytest
import yaml

from include.gmm import settings
from include.gmm.errors import InputError

SHIPPED = (settings.SEGMENTATIONS / "customers.yaml").read_text(encoding="utf-8")


def written(folder: Path, **changes: object) -> Path:
    """customers.yaml with dotted keys replaced."""
    content = yaml.safe_load(SHIPPED)
    for dotted, value in changes.items():
        *parents, last = dotted.split("__")
        section = content
        for parent in parents:
            section = section[parent]
        section[last] = value
    path = folder / "other.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_the_shipped_segmentation_is_valid_and_named_after_its_file() -> None:
    assert settings.find("customers").name == "customers"


def test_every_file_in_the_folder_is_a_segmentation() -> None:
    found, faults = settings.load_all()
    names = [segmentation.name for segmentation in found]
    assert names == sorted(path.stem for path in settings.SEGMENTATIONS.glob("*.yaml"))
    assert not faults


def test_a_faulty_file_is_told_and_leaves_the_others_be(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(SHIPPED)
    (tmp_path / "misnamed.yml").write_text(SHIPPED)
    written(tmp_path, mixture__seed="one")
    found, faults = settings.load_all(tmp_path)
    assert [segmentation.name for segmentation in found] == ["good"]
    assert [str(fault).partition(": ")[2] for fault in faults] == [
        "rename it to misnamed.yaml",
        "mixture.seed: Input should be a valid integer, unable to parse string as an integer",
    ]


def test_two_segmentations_cannot_write_into_one_view(tmp_path: Path) -> None:
    (tmp_path / "copy.yaml").write_text(SHIPPED)
    (tmp_path / "second.yaml").write_text(SHIPPED)
    found, (fault,) = settings.load_all(tmp_path)
    assert [segmentation.name for segmentation in found] == ["copy"]
    assert str(fault).endswith(
        "second.yaml: scoring.table: customer_scores is that of 'copy' as well; name another view"
    )


def test_the_name_is_the_files_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"other.yaml: name: the file's name"):
        settings.load(written(tmp_path, name="another"))


def test_a_key_that_does_not_exist_is_named_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"other.yaml: mixture.criterium: Extra inputs"):
        settings.load(written(tmp_path, mixture__criterium="bic"))


@pytest.mark.parametrize(
    ("dotted", "value", "named"),
    [
        ("mixture__criterion", "best", "mixture.criterion"),
        ("mixture__seed", "one", "mixture.seed"),
        ("mixture__covariance_types", ["round"], "mixture.covariance_types.0"),
        ("mixture__n_components", {"min": 5, "max": 2}, r"min \(5\) is greater than max \(2\)"),
        ("features__columns", {}, "features.columns"),
        ("features__profile", {"orders": {}}, "'orders' is named twice"),
        ("source__table", "purchases", "source.table"),
        ("source__columns", {"a": "INT); DROP TABLE x"}, "source.columns.a"),
        ("title", "", "title"),
        ("features__columns", {"a": {"resolution": float("inf")}}, "resolution"),
        ("source__table", "Raw.Purchases", "source.table"),
        ("segment_names", {0: "Nobody"}, "segment_names.0"),
        ("segment_names", {51: "Nobody"}, "segment_names.51"),
        ("segment_names", {1: "  "}, "segment_names.1"),
        ("segment_names", {"first": "Regulars"}, "segment_names.first"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, dotted: str, value: object, named: str) -> None:
    with pytest.raises(InputError, match=named):
        settings.load(written(tmp_path, **{dotted: value}))


def test_names_are_given_to_segments_by_their_number(tmp_path: Path) -> None:
    named = settings.load(written(tmp_path, segment_names={2: " Regulars ", 7: "Old friends"}))
    assert named.segment_names == {2: "Regulars", 7: "Old friends"}


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, mixture__criterion="best", mixture__seed=-1)
    with pytest.raises(InputError, match=r"mixture\.criterion.*; mixture\.seed"):
        settings.load(path)


@pytest.mark.parametrize("text", ["- a\n- b\n", "", "title: [", "\x00"])
def test_what_is_no_mapping_is_refused_with_the_file_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"broken.yaml"):
        settings.load(path)


def test_a_segmentation_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"nobody.yaml: cannot be read"):
        settings.find("nobody")


def text_of(path: Path, old: str, new: str) -> Path:
    """customers.yaml with one text replaced by another."""
    assert old in SHIPPED
    path.write_text(SHIPPED.replace(old, new), encoding="utf-8")
    return path


def test_a_key_given_twice_is_refused_rather_than_dropped(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("promotion: { mode: manual }\n" + SHIPPED, encoding="utf-8")
    with pytest.raises(InputError, match=r"other.yaml: .*the key promotion is there .* line 1"):
        settings.load(path)


def test_columns_may_have_names_that_yaml_makes_something_else_of(tmp_path: Path) -> None:
    columns = "columns: { NO: DOUBLE, 2019: DOUBLE, 2019-01-01: DATE, null: INTEGER,"
    path = text_of(tmp_path / "other.yaml", "columns: { customer_id: BIGINT,", columns)
    names = list(settings.load(path).source.columns)
    assert names[:4] == ["NO", "2019", "2019-01-01", "null"]


@pytest.mark.parametrize("title", ["2024-13-45", "2024", "NO", "1.50", "0x1F", "true", "1e3"])
def test_a_title_is_what_is_written(tmp_path: Path, title: str) -> None:
    path = text_of(tmp_path / "other.yaml", "title: Customers by how they buy", f"title: {title}")
    assert settings.load(path).title == title


def test_a_feature_without_braces_is_one_without_settings(tmp_path: Path) -> None:
    content = yaml.safe_load(SHIPPED)
    content["features"]["columns"] = {"orders": {}, "spend": {}}
    content["features"]["profile"] = content["segment_names"] = {}
    content["mixture"] = content["promotion"] = content["monitoring"] = {}
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(content).replace(": {}", ":"), encoding="utf-8")
    assert settings.load(path) == settings.validate({**content, "name": "other"}, "there")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("mode:", "promotion.mode: has no value"),
        ("mode: ~", "promotion.mode: has no value"),
        ("keep_versions:", "promotion.keep_versions: has no value"),
    ],
)
def test_a_setting_without_its_value_is_no_default(tmp_path: Path, said: str, told: str) -> None:
    path = tmp_path / "other.yaml"
    text_of(path, "promotion: { mode: enabled }", f"promotion: {{{said}}}")
    with pytest.raises(InputError, match=told):
        settings.load(path)


def test_one_number_of_components_is_exactly_that(tmp_path: Path) -> None:
    path = text_of(tmp_path / "other.yaml", "n_components: { min: 1, max: 10 }", "n_components: 5")
    assert settings.load(path).mixture.n_components == settings.Components(min=5, max=5)


@pytest.mark.parametrize("field", ["schedule", "monitoring__schedule"])
@pytest.mark.parametrize(
    "wrong",
    [
        "@fortnightly",
        "every day",
        "0 0 31 2 *",
        "61 * * * *",
        "H H * * *",
        "0 0 1 1 * 0 1999",
        "",
        "0 6",
        "None",
        "0 0 * * 1-",
        "\u0660 0 * * *",
        "* " * 5000,
    ],
)
def test_a_schedule_that_never_comes_is_refused(tmp_path: Path, field: str, wrong: str) -> None:
    with pytest.raises(InputError, match=rf"{field.replace('__', '.')}: .* is no schedule"):
        settings.load(written(tmp_path, **{field: wrong}))


@pytest.mark.parametrize(
    "right",
    [
        "@hourly",
        "@quarterly",
        "@midnight",
        "0 6 * * 1",
        "0 0 29 2 *",
        "*/5 * * * mon-fri",
        "0 0 L * *",
        None,
    ],
)
def test_a_schedule_that_airflow_takes_is_taken(tmp_path: Path, right: str | None) -> None:
    read = settings.load(written(tmp_path, schedule=right, monitoring__schedule=right))
    assert read.schedule == read.monitoring.schedule == right


def test_only_monitoring_may_run_once_or_all_the_time(tmp_path: Path) -> None:
    for preset in ("@once", "@continuous"):
        assert settings.load(written(tmp_path, monitoring__schedule=preset))
        with pytest.raises(InputError, match=r"schedule: '@.*' is no schedule"):
            settings.load(written(tmp_path, schedule=preset))


@pytest.mark.parametrize(
    ("dotted", "value", "named"),
    [
        ("monitoring__retrain_after_days", 9999999999, "monitoring.retrain_after_days"),
        ("promotion__keep_versions", 10**30, "promotion.keep_versions"),
        ("scoring__rows_per_task", 10**30, "scoring.rows_per_task"),
        ("mixture__seed", int("9" * 4000), "mixture.seed"),
        ("mixture__seed", True, "mixture.seed"),
        ("mixture__covariance_types", "full", r"covariance_types: must be a list"),
        ("features", ["orders"], r"features: must be a mapping"),
        ("features__profile", {"customer_id": {}}, "'customer_id' is named twice: as key"),
        ("features__profile", {"Orders": {}}, "'orders' and 'Orders' are one column"),
        (
            "scoring__table",
            "customer_features",
            "scoring.table: customer_features is that",
        ),
        ("segment_names", {"01": "Regulars"}, "'01' is no segment's number"),
        ("segment_names", {"1_0": "Regulars"}, "'1_0' is no segment's number"),
    ],
)
def test_what_would_fail_later_is_refused(
    tmp_path: Path, dotted: str, value: object, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        settings.load(written(tmp_path, **{dotted: value}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Customers by how they buy", 'title: "Customers\\x07"'),
        ("label: Orders", 'label: "Orders\\uD800"'),
        ("unit: orders", 'unit: "\\x1b"'),
        ("1: Mostly one-time buyers", '1: "Mostly\\0"'),
        ("recency_days:", '"recency\\x0bdays":'),
        ("key: customer_id", 'key: "customer\\x01id"'),
    ],
)
def test_a_character_that_cannot_be_drawn_is_refused(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(InputError, match=r"other.yaml: .*(the character|escape)"):
        settings.load(text_of(tmp_path / "other.yaml", old, new))


@pytest.mark.parametrize("text", ["Shops\x07", "\ud800", "\ufffe"])
def test_no_text_comes_in_by_another_door(text: str) -> None:
    content = yaml.safe_load(SHIPPED) | {"name": "other"}
    content["features"]["columns"]["orders"]["label"] = text
    for changed in (content, content | {"title": text}, content | {"segment_names": {1: text}}):
        with pytest.raises(InputError, match=r"the character \\\\|the character \\"):
            settings.validate(changed, "there")


@pytest.mark.parametrize(
    "name",
    ["shops.YAML", "shops.Yml", "shops.yml", "shops.json", "shops.toml", "shops.yaml.txt"],
)
def test_a_file_that_is_nearly_a_segmentation_is_no_secret(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SHIPPED)
    found, (fault,) = settings.load_all(tmp_path)
    assert not found
    assert str(fault) == f"{tmp_path / name}: rename it to shops.yaml"


def test_a_file_in_a_folder_of_its_own_is_told_where_to_go(tmp_path: Path) -> None:
    (tmp_path / "shops").mkdir()
    (tmp_path / "shops" / "paris.yaml").write_text(SHIPPED)
    _, (fault,) = settings.load_all(tmp_path)
    assert str(fault) == f"{tmp_path / 'shops' / 'paris.yaml'}: move it to {tmp_path}"


@pytest.mark.parametrize(
    "name",
    [".shops.yaml.swp", ".#shops.yaml", "shops.yaml~", "README.md", "shops.yaml.bak", "notes.txt"],
)
def test_what_is_no_segmentation_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("- [")
    assert settings.load_all(tmp_path) == ([], [])


@pytest.mark.parametrize("name", ["Shops.yaml", "my-shops.yaml", "1.yaml", "a.b.yaml"])
def test_a_name_that_no_dag_may_have_is_one_of_the_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SHIPPED)
    _, (fault,) = settings.load_all(tmp_path)
    assert str(fault).startswith(f"{tmp_path / name}: rename it")


def test_a_fault_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        settings.load(written(tmp_path, **{"mixture__a\nb\x1b[31m": 1}))
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)


def test_arguments_of_a_notifier_have_the_types_of_yaml(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    notifier = "{ notifier: a.b.C, arguments: { port: 25, tls: no, on: '1', when: 2024-01-02 } }"
    path.write_text(f"{SHIPPED}\nnotifications: [{notifier}]\n", encoding="utf-8")
    (notification,) = settings.load(path).notifications
    assert notification.arguments == {"port": 25, "tls": False, "on": "1", "when": "2024-01-02"}
