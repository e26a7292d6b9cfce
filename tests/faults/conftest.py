"""Faults use the same whole service as the flow stories."""

from tests.flow.conftest import database_url, make_service, sandbox

__all__ = ["database_url", "make_service", "sandbox"]
