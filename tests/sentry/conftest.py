"""Every test here starts and ends without Sentry."""

import pytest

from tests.sentry.sdk import fresh_sdk, group, sink, started

__all__ = ["fresh_sdk", "group", "sink", "started"]


@pytest.fixture(autouse=True)
def _clean(fresh_sdk: list[object]) -> None:
    pass
