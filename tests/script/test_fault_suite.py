"""A few inputs of every kind of script/faults."""

from __future__ import annotations

import pytest

from script.fault_suite.kinds import KINDS
from script.fault_suite.trial import FINE, Kind


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_made_up_is_read_right_or_refused(kind: Kind) -> None:
    trials = list(kind.run(kind.quick, 0))
    assert len(trials) >= kind.quick
    failed = [trial for trial in trials if trial.outcome not in FINE]
    assert not failed, "\n".join(f"{each.label}: {each.outcome}: {each.detail}" for each in failed)
