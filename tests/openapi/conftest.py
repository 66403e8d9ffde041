import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import harness  # noqa: E402
from document import Document  # noqa: E402
from talk import Talk  # noqa: E402


@pytest.fixture(scope="session")
def document():
    return Document()


@pytest.fixture(scope="module")
def venice(tmp_path_factory):
    with harness.standalone(tmp_path_factory.mktemp("venice")) as running:
        yield running


@pytest.fixture(scope="module")
def talk(document, venice):
    """Speaks with the controller of a standalone Venice, and holds what it says against the document."""
    return Talk(document, venice.controller, harness.CLUSTER)
