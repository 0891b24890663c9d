"""A PostgreSQL server for the tests of deployments."""

from tests.gmm.warehouse.servers import postgres_server  # noqa: F401
