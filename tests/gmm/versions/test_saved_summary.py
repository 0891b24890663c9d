"""Reading the summary of a version: what cannot be read is named, with what mends it."""

from pathlib import Path

import pytest

from include.gmm.errors import InputError
from include.gmm.versions import saved_summary
from tests.gmm.page.examples import example


def test_a_summary_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(example().model_dump_json())
    assert saved_summary.read(tmp_path) == example()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, r"cannot be read \(No such file or directory\); name the folder of a version"),
        ("{", "is no JSON; the file was damaged. Train again"),
        ("[" * 100_000, "is no JSON; the file was damaged. Train again"),
        ("[]", "has schema None, and this release reads schema 4; train again"),
        ('{"schema_version": 1}', "has schema 1, and this release reads schema 4; train again"),
        ('{"schema_version": 4}', r"\d+ fields are not as this release writes them; train again"),
    ],
)
def test_a_refusal_names_the_file_and_what_to_do(
    tmp_path: Path, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "summary.json").write_text(content)
    with pytest.raises(InputError, match=rf"summary.json: {told}"):
        saved_summary.read(tmp_path)
