"""Keys from the command line are what the settings take."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from include.gmm.__main__ import main
from include.gmm.versions.seal import sealed, unsealed


class Record(BaseModel):
    name: str


def test_a_new_pair_signs_and_verifies(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["keys"]) == 0
    printed = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert set(printed) == {"GMM_SIGNING_KEY", "GMM_VERIFYING_KEYS"}
    with monkeypatch.context() as trainer:
        trainer.setenv("GMM_SIGNING_KEY", printed["GMM_SIGNING_KEY"])
        content = sealed(Record(name="x"))
    monkeypatch.setenv("GMM_VERIFYING_KEYS", printed["GMM_VERIFYING_KEYS"])
    assert unsealed(content, Record, "x") == Record(name="x")
