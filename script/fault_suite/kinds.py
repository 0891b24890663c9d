"""Everything that is tried, in the order of the table."""

from __future__ import annotations

from script.fault_suite import routes, settings, xcoms
from script.fault_suite.trial import Kind

KINDS: tuple[Kind, ...] = (settings.KIND, xcoms.KIND, routes.KIND)
