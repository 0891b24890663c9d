"""Everything that is tried, in the order of the table."""

from __future__ import annotations

from script.fault_suite import (
    disks,
    files,
    kills,
    pairs,
    routes,
    settings,
    stored,
    xcoms,
)
from script.fault_suite.trial import Kind

KINDS: tuple[Kind, ...] = (
    files.KIND,
    settings.KIND,
    disks.KIND,
    kills.KIND,
    pairs.KIND,
    stored.KIND,
    xcoms.KIND,
    routes.KIND,
)
