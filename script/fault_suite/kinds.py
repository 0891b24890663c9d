"""Everything that is tried, in the order of the table."""

from __future__ import annotations

from script.fault_suite import routes, xcoms
from script.fault_suite.trial import Kind

KINDS: tuple[Kind, ...] = (xcoms.KIND, routes.KIND)
