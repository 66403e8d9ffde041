"""Store records as another Venice may have left them in ZooKeeper, written over those of a running one."""
import contextlib
import json

import kazoo.client


@contextlib.contextmanager
def record(zookeeper, cluster, store):
    """The store's record as a dictionary, written back at the end."""
    client = kazoo.client.KazooClient(hosts=zookeeper)
    client.start(timeout=10)
    try:
        path = f"/{cluster}/Stores/{store}"
        content = json.loads(client.get(path)[0])
        yield content
        client.set(path, json.dumps(content).encode())
    finally:
        client.stop()
        client.close()


HYBRID = {
    "rewindTimeInSeconds": 60, "offsetLagThresholdToGoOnline": 10, "producerTimestampLagThresholdToGoOnlineInSeconds": -1,
    "dataReplicationPolicy": "NON_AGGREGATE", "bufferReplayPolicy": "REWIND_FROM_EOP", "realTimeTopicName": "",
}
VIEW = {"viewClassName": "com.linkedin.venice.views.MaterializedView", "viewParameters": {"MATERIALIZED_VIEW_NAME": "v"}}


def add_everything(zookeeper, cluster, store):
    """Fills in what this build's own requests leave empty."""
    with record(zookeeper, cluster, store) as content:
        version = content["versions"][0]
        content["hybridStoreConfig"] = version["hybridStoreConfig"] = HYBRID
        content["views"] = version["viewConfigs"] = {"v": VIEW}
        version["dataRecoveryVersionConfig"] = {
            "dataRecoverySourceFabric": "region-b", "dataRecoveryComplete": True, "dataRecoverySourceVersionNumber": 3}
        content["etlStoreConfig"] = {
            "etledUserProxyAccount": "a", "regularVersionETLEnabled": True, "futureVersionETLEnabled": False,
            "etlstrategy": "EXPORT_WITH_EMPTY_PUSH", "etlActiveFabrics": ["region-a"]}
        content["storeLifecycleHooks"] = [
            {"storeLifecycleHooksClassName": "com.example.Hook", "storeLifecycleHooksParams": {"a": "b"}}]
        content["systemStores"] = {"venice_system_store_meta_store": {
            "currentVersion": 1, "largestUsedVersionNumber": 1, "largestUsedRTVersionNumber": 0,
            "latestVersionPromoteToCurrentTimestamp": -1, "versions": [version]}}


@contextlib.contextmanager
def broken(zookeeper, cluster, store):
    """For a while, a property has a wrong type, as no Venice writes it."""
    with record(zookeeper, cluster, store) as content:
        was, content["currentVersion"] = content["currentVersion"], "three"
    try:
        yield
    finally:
        with record(zookeeper, cluster, store) as content:
            content["currentVersion"] = was
