"""A file that breaks while its run is in progress ends that run, with the line to mend."""

from pathlib import Path

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from airflow.sdk.exceptions import AirflowFailException

from include.gmm import settings
from include.orchestration.training import check_features


def test_a_task_whose_file_has_become_broken_fails_at_once_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shops.yaml").write_text("title: Shops\ntitle: again\n")
    monkeypatch.setattr(settings, "SEGMENTATIONS", tmp_path)
    with pytest.raises(AirflowFailException, match=r"shops.yaml: .*line 2: the key title"):
        check_features.function("shops")
