import pytest

import servers


@pytest.fixture(scope="session", params=["embedded", "real"])
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "real" and not servers.real_available():
        pytest.skip("needs Debian's zookeeper package and java: scripts/install-packages --tests")
    running = servers.Real(folder) if request.param == "real" else servers.Embedded(folder)
    yield running
    running.stop()


@pytest.fixture
def root(request):
    """A path of the test's own; created by whoever uses it."""
    return "/" + "".join(c if c.isalnum() else "-" for c in request.node.name)
