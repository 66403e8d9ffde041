import peers
import pytest


@pytest.fixture(scope="session")
def ours():
    peer = peers.start_ours()
    yield peer
    peer.stop()


@pytest.fixture(scope="session")
def java():
    if not peers.java_available():
        pytest.skip("java or mvn is missing")
    peer = peers.start_java()
    yield peer
    peer.stop()
