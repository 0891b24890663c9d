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
        "second.yaml: scoring.table: customer_segments is that of 'copy' as well; name another view"
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
