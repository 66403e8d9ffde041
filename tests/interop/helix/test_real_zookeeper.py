"""The module's own cluster tests, on Debian's ZooKeeper instead of the embedded one."""

import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "zookeeper"))
import servers  # noqa: E402

BIN = pathlib.Path(os.environ.get("VENICE_BIN", "build/dev/bin"))


@pytest.mark.skipif(not servers.real_available(), reason="needs Debian's zookeeper package and java")
@pytest.mark.skipif(not (BIN / "helix_test").exists(), reason="helix_test is not built")
def test_cluster_tests_on_a_real_zookeeper(tmp_path):
    server = servers.Real(tmp_path)
    try:
        ran = subprocess.run([BIN / "helix_test", "--gtest_filter=ClusterTest.*"], capture_output=True, text=True,
                             env={**os.environ, "VENICE_TEST_ZOOKEEPER": server.address}, timeout=240)
    finally:
        server.stop()
    assert ran.returncode == 0, ran.stdout + ran.stderr
