import pytest

import harness


@pytest.fixture
def venice(tmp_path):
    with harness.standalone(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_venice(tmp_path_factory):
    """One standalone for a module whose tests use a store each."""
    with harness.standalone(tmp_path_factory.mktemp("venice")) as running:
        yield running
