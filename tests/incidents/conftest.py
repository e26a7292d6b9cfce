"""The pipeline at noon, for tests that turn its clock themselves."""

import pytest

from tests.support.pipeline import NOON, World


@pytest.fixture
def world() -> World:
    return World(NOON)
