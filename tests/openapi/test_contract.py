"""Calls every operation of openapi.yaml and holds each answer against it: status, content type, and a body in which
nothing is undescribed. The tests of this file are one story about one Venice, told in order; the last ones ask whether
the whole document was told.
"""
import json
import socket
import subprocess
import urllib.parse

import kazoo.client
import pytest

import document as doc
import records
from harness import BIN, wait_until
from talk import send

KEY = json.dumps("string")
BOOK = {"type": "record", "name": "Book", "fields": [{"name": "title", "type": "string", "default": ""}]}
BOOK_2 = {**BOOK, "fields": BOOK["fields"] + [{"name": "pages", "type": "int", "default": 0}]}
BOOK_3 = {**BOOK, "fields": BOOK_2["fields"] + [{"name": "isbn", "type": "string", "default": ""}]}
WRONG = {**BOOK, "fields": [{"name": "title", "type": "int", "default": 0}]}
NODE_OF_NOBODY = "10.255.255.1_1690"

# Properties that this controller always answers with null or leaves empty; each with the reason.
NEVER_SEEN = {
    "Discovery.zkAddress": "kept for Venice's clients",
    "Discovery.kafkaBootstrapServers": "kept for Venice's clients",
    "LeaderController.secureUrl": "no TLS listener yet",
    "LeaderController.grpcUrl": "no gRPC listener yet",
    "LeaderController.secureGrpcUrl": "no gRPC listener yet",
    "ChildClusters.childDataCenterControllerUrlMap": "of parent controllers",
    "ChildClusters.childDataCenterControllerD2Map": "of parent controllers",
    "ChildClusters.d2ServiceName": "of parent controllers",
    "VersionCreation.kafkaSourceRegion": "one region",
    "JobStatus.statusUpdateTimestamp": "not recorded",
    "RepushInfo.systemSchemaClusterD2ServiceName": "no cluster of Venice's own schemas",
    "RepushInfo.systemSchemaClusterD2ZkHost": "no cluster of Venice's own schemas",
    "Instance.grpcUrl": "no gRPC listener yet",
    "Instance.grpcSslUrl": "no gRPC listener yet",
    "Store.coloToCurrentVersions": "of parent controllers",
}
# Operations that cannot fail while the controller answers at all.
NEVER_FAILS = {"getIndex", "listClusters"}


def is_healthy(url):
    try:
        return send(url + "/health", "GET")[0] == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def follower(venice, tmp_path_factory):
    """A second controller of the same cluster, which does not lead it, with discovery services configured."""
    folder = tmp_path_factory.mktemp("follower")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "controller.properties").write_text(
        f"cluster.name=venice-cluster0\nzookeeper.address={venice.ports['zookeeper']}\n"
        f"kafka.bootstrap.servers={venice.ports['kafka']}\nadmin.port={port}\ncluster.to.d2=venice-cluster0:router-d2\n"
        "cluster.to.server.d2=venice-cluster0:server-d2\n")
    log = open(folder / "log", "wb")
    process = subprocess.Popen([BIN / "venice-controller", folder / "controller.properties", "--listen", "127.0.0.1"],
                               stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: is_healthy(url), 30, "the follower is healthy")
        yield url
    finally:
        process.kill()
        process.wait()


def switch(talk, store, operation, allowed):
    talk.ask("enableStore", store_name=store, operation=operation, status="true" if allowed else "false")


def job_ends(talk, store, version, status="COMPLETED"):
    wait_until(lambda: talk.ask("getJob", store_name=store, version=version)["status"] == status, 30,
               f"version {version} of {store} is {status}")


def test_discovery_and_health(talk, venice):
    assert talk.ask("getIndex").json["service"] == "venice-controller"
    assert talk.ask("getIndex", expect=302, headers={"Accept": "text/html"}).headers["Location"] == "ui/"
    assert talk.ask("getHealth")["clusters"][talk.cluster]["storageNodes"] == 1
    assert talk.ask("listClusters")["clusters"] == [{"name": talk.cluster, "leader": venice.controller}]
    for operation in ("getLeaderController", "getMasterController"):
        assert talk.ask(operation)["url"] == venice.controller
        talk.ask(operation, expect=404, cluster_name="nowhere")
    talk.ask("listChildClusters")


def test_stores(talk):
    made = talk.ask("createStore", store_name="books", key_schema=KEY, value_schema=json.dumps(BOOK), owner="library")
    assert made["owner"] == "library" and made["name"] == "books" and made["cluster"] == talk.cluster
    talk.ask("createStore", expect=409, store_name="books", key_schema=KEY, value_schema=json.dumps(BOOK))
    refused = talk.ask("createStore", expect=400, store_name="bad", key_schema=KEY, value_schema="{")
    assert refused["errorType"] == "INVALID_SCHEMA"
    talk.ask("createStore", expect=400, store_name="bad--name", key_schema=KEY, value_schema=KEY)
    for store in ("plain", "gone"):
        talk.ask("createStore", store_name=store, key_schema=KEY, value_schema=KEY)

    assert talk.ask("discoverCluster", cluster_name="*", store_name="books")["cluster"] == talk.cluster
    talk.ask("discoverCluster", expect=404, cluster_name=None, store_name="nope")
    assert talk.ask("getStore", store_name="books")["store"]["owner"] == "library"
    assert talk.ask("getStore", expect=404, store_name="nope")["errorType"] == "STORE_NOT_FOUND"
    for cluster in (talk.cluster, None):
        assert talk.ask("getStoreByPath", store="books", cluster_name=cluster)["store"]["name"] == "books"
        assert [row["name"] for row in talk.ask("listStores", cluster_name=cluster)["stores"]] == ["books", "gone", "plain"]
    talk.ask("getStoreByPath", expect=404, store="nope")
    talk.ask("listStores", expect=421, cluster_name="nowhere")
    assert set(talk.ask("listStoreNames")["stores"]) == {"books", "gone", "plain"}
    talk.ask("listStoreNames", include_system_stores="false", store_config_name_filter="owner", store_config_value_filter="library")
    talk.ask("listStoreNames", expect=400, store_config_name_filter="owner")
    assert len(talk.ask("getStoresInCluster")["storeInfoList"]) == 3
    talk.ask("setOwner", store_name="books", owner="readers")
    talk.ask("setOwner", expect=404, store_name="nope", owner="readers")


def test_deleting_a_store(talk):
    assert talk.ask("deleteStore", fails=True, store_name="gone")["errorType"] == "BAD_REQUEST"
    switch(talk, "gone", "readwrite", False)
    talk.ask("deleteStore", store_name="gone")
    assert talk.ask("deleteStore", fails=True, store_name="gone")["errorType"] == "STORE_NOT_FOUND"
    wait_until(lambda: "error" in talk.ask("checkResourceCleanup", store_name="gone").json, 10, "everything is gone")
    assert talk.ask("getLargestUsedVersion", store_name="gone")["version"] == 0


def test_schemas(talk):
    assert talk.ask("getKeySchema", store_name="books")["schemaStr"] == KEY
    talk.ask("getKeySchema", expect=404, store_name="nope")
    assert talk.ask("addValueSchema", store_name="books", value_schema=json.dumps(BOOK_2))["id"] == 2
    assert talk.ask("addValueSchema", store_name="books", value_schema=json.dumps(BOOK_2), schema_id=2,
                    schema_compat_type="FULL")["id"] == 2
    assert talk.ask("addValueSchema", expect=400, store_name="books", value_schema=json.dumps(WRONG))["errorType"] == "INVALID_SCHEMA"
    assert talk.ask("addValueSchema", expect=400, store_name="nope", value_schema=KEY)["errorType"] == "INVALID_SCHEMA"
    assert talk.ask("getValueSchema", store_name="books", schema_id=2)["id"] == 2
    assert talk.ask("getValueSchema", expect=500, store_name="books", schema_id=99)["errorType"] == "INVALID_SCHEMA"
    assert talk.ask("getValueSchemaId", store_name="books", value_schema=json.dumps(BOOK_2))["id"] == 2
    assert talk.ask("getValueSchemaId", expect=500, store_name="books", value_schema=KEY)["errorType"] == "INVALID_SCHEMA"
    assert len(talk.ask("getAllValueSchemas", store_name="books")["schemas"]) == 2
    talk.ask("getAllValueSchemas", expect=404, store_name="nope")


def test_schemas_by_path(talk):
    assert talk.ask("registerSchema", store="books", body=BOOK_3)["id"] == 3
    assert talk.ask("registerSchema", store="books", value_schema=json.dumps(BOOK_3))["id"] == 3
    talk.ask("registerSchema", expect=400, store="books", body=WRONG)
    talk.ask("registerSchema", expect=400, store="books", body=b"{")
    for cluster in (talk.cluster, None):
        listed = talk.ask("listSchemas", store="books", cluster_name=cluster)
        assert [schema["id"] for schema in listed["schemas"]] == [1, 2, 3]
        assert all(schema["registrationTimestamp"] > 0 for schema in listed["schemas"])
    talk.ask("listSchemas", expect=404, store="nope")


def test_dry_runs(talk):
    def would(body, **parameters):
        return talk.ask("registerSchema", store="books", dryRun="true", body=body, **parameters)

    fits = would({**BOOK_3, "fields": BOOK_3["fields"] + [{"name": "shelf", "type": "string", "default": ""}]})
    assert (fits["verdict"], fits["wouldBeId"]) == ("ACCEPTED", 4)
    assert would(BOOK_3)["verdict"] == "ALREADY_REGISTERED"
    refused = would({**BOOK_3, "doc": "", "fields": [*WRONG["fields"], {"name": "new", "type": "int"}]})
    assert refused["verdict"] == "REJECTED" and refused["wouldBeId"] is None
    assert {finding["rule"] for result in refused["results"] for finding in result["findings"]} >= {
        "TYPE_MISMATCH", "READER_FIELD_MISSING_DEFAULT_VALUE"}
    assert would(b"{")["results"] == []
    talk.ask("registerSchema", expect=404, store="nope", dryRun="true", body=BOOK)
    assert [schema["id"] for schema in talk.ask("listSchemas", store="books")["schemas"]] == [1, 2, 3], "nothing was written"


def test_schemas_beside_value_schemas(talk):
    talk.ask("createStore", store_name="shelves", key_schema=KEY, value_schema=json.dumps(BOOK))
    talk.ask("getValueOrDerivedSchemaId", expect=500, store_name="shelves", derived_schema=KEY)
    talk.ask("updateStore", store_name="shelves", write_computation_enabled="true", active_active_replication_enabled="true")
    planned = talk.ask("registerSchema", store="shelves", dryRun="true", body=BOOK_2)
    assert {"UPDATE", "REPLICATION_METADATA"} <= {schema["kind"] for schema in planned["wouldAlsoRegister"]}
    assert planned["superSetSchemaIdAfter"] == 2
    talk.ask("registerSchema", store="shelves", body=BOOK_2)

    told = talk.ask("listSchemas", store="shelves", derived="true")
    assert len(told["derivedSchemas"]) == len(told["replicationMetadataSchemas"]) == 2
    update = told["derivedSchemas"][0]
    listed = talk.ask("getAllValueAndDerivedSchemas", store_name="shelves")["schemas"]
    assert [(schema["id"], schema["derivedSchemaId"]) for schema in listed] == [(1, -1), (2, -1), (1, 1), (2, 1)]
    assert len(talk.ask("getAllReplicationMetadataSchemas", store_name="shelves")["schemas"]) == 2
    found = talk.ask("getValueOrDerivedSchemaId", store_name="shelves", derived_schema=update["schemaStr"])
    assert (found["id"], found["derivedSchemaId"]) == (1, 1)
    assert talk.ask("getValueOrDerivedSchemaId", store_name="shelves", derived_schema=json.dumps(BOOK))["derivedSchemaId"] == -1
    same = {"store_name": "shelves", "schema_id": 1, "derived_schema": update["schemaStr"]}
    assert talk.ask("addDerivedSchema", **same)["derivedSchemaId"] == 1
    assert talk.ask("addDerivedSchema", expect=404, **{**same, "schema_id": 9})["errorType"] == "SCHEMA_NOT_FOUND"
    talk.ask("addDerivedSchema", expect=400, **{**same, "derived_schema": "{"})
    talk.ask("removeDerivedSchema", store_name="shelves", schema_id=1, derived_schema_id=1)
    talk.ask("removeDerivedSchema", expect=404, store_name="shelves", schema_id=1, derived_schema_id=1)
    for operation in ("getAllValueAndDerivedSchemas", "getAllReplicationMetadataSchemas", "getInUseSchemaIds"):
        talk.ask(operation, expect=404, store_name="nope")
    assert talk.ask("getInUseSchemaIds", store_name="shelves")["inUseValueSchemaIds"] == []


def test_requests_that_are_too_large(talk):
    """ZooKeeper's limit, then the HTTP server's."""
    long = json.dumps({**BOOK_3, "doc": "x" * 1_500_000})
    talk.ask("addValueSchema", expect=400, store_name="books", value_schema=long)
    talk.ask("createStore", expect=400, store_name="long", key_schema=KEY, value_schema=long)
    talk.ask("createStore", expect=400, store_name="long", key_schema=long, value_schema=KEY)
    talk.ask("getStore", expect=404, store_name="long")
    for operation, parameters in (("setOwner", {"store_name": "books", "owner": "x" * 70_000}),
                                  ("addNodeToAllowList", {"storage_node_id": "x" * 1_500_000 + "_1"})):
        assert "at most 65536" in talk.ask(operation, expect=400, **parameters)["error"]
    status, headers, _ = send(talk.url + "/new_store", "POST", b"x" * (5 << 20))
    assert (status, headers["Content-Type"]) == (413, "text/plain")
    status, headers, _ = send(talk.url + "/store?store_name=" + "x" * 70_000, "GET")
    assert (status, headers["Content-Type"]) == (414, "text/plain")


def test_what_holds_for_every_route(talk):
    """The promises of the document's introduction."""
    operation = talk.document.operations["setOwner"]
    form = {"Content-Type": doc.FORM}
    target = f"{talk.url}/set_owner?cluster_name={talk.cluster}&store_name=books"
    for owner in ("query and form", "are one list"):
        answer = talk.check(operation, *send(target, "POST", urllib.parse.urlencode({"owner": owner}).encode(), form))
        assert answer["owner"] == owner
    assert talk.check(operation, *send(target + "&owner=first&owner=second", "POST", b"", form))["owner"] == "first"
    assert talk.check(operation, *send(target + "&owner=", "POST", b"", form)).status == 400
    status, headers, body = send(f"{talk.url}/list_stores?cluster_name={talk.cluster}", "HEAD")
    assert (status, headers["Content-Type"], body) == (200, "application/json", b"")
    assert send(f"{talk.url}//list_stores/?cluster_name={talk.cluster}", "GET")[0] == 200
    for path, method, expect in (("/nowhere", "GET", 404), ("/set_owner", "GET", 405), ("/schema/books", "PUT", 405)):
        status, headers, body = send(talk.url + path, method)
        failure = json.loads(body)
        assert (status, failure["errorType"], headers["Content-Type"]) == (expect, "BAD_REQUEST", "application/json")
        assert list(failure) == ["cluster", "name", "error", "errorType", "exceptionType"]
        assert expect != 405 or headers["Allow"] == {"/set_owner": "POST", "/schema/books": "GET, POST"}[path]


def test_a_push_that_is_killed(talk):
    asked = talk.ask("requestTopic", store_name="books", push_type="BATCH", push_job_id="one", start_of_push="true")
    assert asked["kafkaTopic"] == "books_v1"
    assert talk.ask("requestTopic", store_name="books", push_type="BATCH", push_job_id="one")["version"] == 1
    second = talk.ask("requestTopic", expect=400, store_name="books", push_type="BATCH", push_job_id="two")
    assert second["errorType"] == "CONCURRENT_BATCH_PUSH" and second["exceptionType"] == "BAD_REQUEST"
    talk.ask("requestTopic", expect=501, store_name="plain", push_type="INCREMENTAL", push_job_id="x")
    assert talk.ask("listRunningPushes")["versionStatusMap"] == {"books_v1": "STARTED"}
    [push] = talk.ask("registerSchema", store="books", dryRun="true", body={**BOOK_3, "doc": "new"})["inFlightPushes"]
    assert (push["pushJobId"], push["topic"]) == ("one", "books_v1")

    def waits():
        return talk.ask("getJob", store_name="books", version=1, fabric="here")["uncompletedPartitions"]

    partitions = wait_until(waits, 30, "replicas that are not complete")
    assert partitions[0]["uncompletedReplicas"][0]["status"]
    talk.ask("getJob", expect=501, store_name="books", version=1, incremental_push_version="x")
    assert talk.ask("getJob", store_name="books", version=9)["status"] == "NOT_CREATED"
    talk.ask("sendPushJobDetails", store_name="books", version=1, body=b"\x01report", kind="application/octet-stream")
    talk.ask("killPush", topic="books_v1")
    assert talk.ask("getJob", store_name="books", version=1)["status"] == "ERROR"
    talk.ask("killPush", expect=404, topic="books_v9")
    talk.ask("killPush", expect=400, topic="books")
    talk.ask("endOfPush", expect=404, store_name="books", version=1)


def test_pushes_and_versions(talk):
    talk.ask("requestTopic", store_name="books", push_type="BATCH", push_job_id="two", start_of_push="true",
             push_in_sorted_order="true")
    talk.ask("endOfPush", expect=400, store_name="books", version=2, partition_record_counts="{")
    digest = "00" * 24
    talk.ask("endOfPush", store_name="books", version=2, partition_record_counts='{"0": 0}',
             partition_record_digests=json.dumps({"0": digest}))
    job_ends(talk, "books", 2)
    assert talk.ask("emptyPush", store_name="books", push_job_id="three")["version"] == 3
    job_ends(talk, "books", 3)
    talk.ask("emptyPush", expect=404, store_name="nope", push_job_id="x")

    assert talk.ask("getRepushInfo", store_name="books")["repushInfo"]["version"]["number"] == 3
    talk.ask("getRepushInfo", expect=400, store_name="plain")
    assert talk.ask("getLargestUsedVersion", store_name="books")["version"] == 3
    assert talk.ask("listBackupVersions", store_name="books")["storeStatusMap"] == {"books": "2"}
    talk.ask("rollBack", store_name="books")
    talk.ask("rollBack", expect=404, store_name="books")
    talk.ask("setCurrentVersion", store_name="books", version=3)
    talk.ask("setCurrentVersion", expect=404, store_name="books", version=9)
    talk.ask("deleteOldVersion", expect=501, store_name="books", version=3)
    talk.ask("deleteOldVersion", store_name="books", version=2)
    talk.ask("deleteOldVersion", expect=404, store_name="books", version=2)

    talk.ask("requestTopic", store_name="books", push_type="BATCH", push_job_id="four", start_of_push="true",
             defer_version_swap="true")
    talk.ask("endOfPush", store_name="books", version=4)
    job_ends(talk, "books", 4)
    assert talk.ask("listFutureVersions", store_name="books")["storeStatusMap"] == {"books": "4"}
    talk.ask("rollForward", store_name="books")
    talk.ask("rollForward", fails=True, store_name="books")
    for operation in ("listFutureVersions", "listBackupVersions"):
        talk.ask(operation, expect=404, store_name="nope")
    assert talk.ask("getStoreHealth")["storeStatusMap"] == {
        "books": "FULLLY_REPLICATED", "plain": "UNAVAILABLE", "shelves": "UNAVAILABLE"}


def test_compression_with_a_dictionary(talk):
    talk.ask("updateStore", store_name="plain", compression_strategy="ZSTD_WITH_DICT")
    talk.ask("requestTopic", expect=400, store_name="plain", push_type="BATCH", push_job_id="z", compression_dictionary="?")
    talk.ask("emptyPush", store_name="plain", push_job_id="z")
    job_ends(talk, "plain", 1)


def test_storage_nodes(talk):
    [node] = talk.ask("listInstances")["nodes"]
    assert talk.ask("getInstancesHealth", enable_disabled_replicas="true")["instancesStatusMap"] == {node: "CONNECTED"}
    talk.ask("getInstancesHealth", expect=400, enable_disabled_replicas="perhaps")
    replicas = wait_until(lambda: talk.ask("listReplicas", store_name="books", version=4)["replicas"], 30, "replicas")
    assert replicas[0]["instance"]["nodeId"] == node
    talk.ask("listReplicas", expect=400, store_name="books", version=9)
    assert talk.ask("listNodeReplicas", storage_node_id=node)["replicas"]
    assert talk.ask("getNodeRemovable", storage_node_id=NODE_OF_NOBODY, to_be_stopped_instances=node)["removable"] is True
    assert talk.ask("getNodeRemovable", storage_node_id=node)["details"]
    for operation in ("addNodeToAllowList", "removeNodeFromAllowList"):
        talk.ask(operation, storage_node_id=NODE_OF_NOBODY)
        talk.ask(operation, expect=400, storage_node_id="nobody")
    talk.ask("removeNode", expect=409, storage_node_id=node)
    talk.ask("removeNode", expect=404, storage_node_id=NODE_OF_NOBODY)
    question = {"cluster_id": talk.cluster, "instances": [node, NODE_OF_NOBODY], "to_be_stopped_instances": []}
    answered = talk.ask("getAggregatedHealth", body=question)
    assert answered["stoppableInstances"] == [NODE_OF_NOBODY] and node in answered["nonStoppableInstancesWithReasons"]
    talk.ask("getAggregatedHealth", expect=400, body={**question, "instances": []})
    talk.ask("getAggregatedHealth", expect=404, body={**question, "cluster_id": "nowhere"})


def test_removing_a_node(talk, venice):
    """A node that is known to Helix but not connected, as a machine that died leaves it."""
    client = kazoo.client.KazooClient(hosts=venice.ports["zookeeper"])
    client.start(timeout=10)
    try:
        [node] = talk.ask("listInstances")["nodes"]
        config, _ = client.get(f"/{talk.cluster}/CONFIGS/PARTICIPANT/{node}")
        client.create(f"/{talk.cluster}/CONFIGS/PARTICIPANT/{NODE_OF_NOBODY}", config.replace(node.encode(), NODE_OF_NOBODY.encode()))
        for folder in ("", "/MESSAGES", "/CURRENTSTATES", "/ERRORS", "/STATUSUPDATES"):
            client.create(f"/{talk.cluster}/INSTANCES/{NODE_OF_NOBODY}{folder}")
    finally:
        client.stop()
        client.close()
    assert talk.ask("getInstancesHealth")["instancesStatusMap"][NODE_OF_NOBODY] == "DISCONNECTED"
    talk.ask("removeNode", storage_node_id=NODE_OF_NOBODY)
    assert NODE_OF_NOBODY not in talk.ask("listInstances")["nodes"]


def test_disabled_stores(talk):
    switch(talk, "plain", "write", False)
    refused = talk.ask("requestTopic", expect=403, store_name="plain", push_type="BATCH", push_job_id="w")
    assert refused["errorType"] == "STORE_DISABLED"
    talk.ask("deleteAllVersions", expect=400, store_name="plain")
    switch(talk, "plain", "read", False)
    assert talk.ask("deleteAllVersions", store_name="plain")["versions"] == [1]
    switch(talk, "plain", "readwrite", True)
    talk.ask("updateStore", store_name="plain", storage_quota_in_byte=0)
    refused = talk.ask("requestTopic", expect=500, store_name="plain", push_type="BATCH", push_job_id="q")
    assert refused["errorType"] == "INVALID_CONFIG"
    talk.ask("enableStore", expect=400, store_name="plain", operation="all", status="true")
    talk.ask("enableStore", expect=404, store_name="nope", operation="read", status="true")


def test_a_record_that_venice_wrote(talk, venice):
    """Everything that a store's record in ZooKeeper can hold comes out as described."""
    records.add_everything(venice.ports["zookeeper"], talk.cluster, "books")
    told = talk.ask("getStore", store_name="books")["store"]
    assert told["etlStoreConfig"] and told["versions"][0]["dataRecoveryVersionConfig"]
    talk.ask("getStoresInCluster")
    talk.ask("getRepushInfo", store_name="books")
    with records.broken(venice.ports["zookeeper"], talk.cluster, "plain"):
        assert talk.ask("getStore", expect=500, store_name="plain")["errorType"] == "GENERAL_ERROR"
        rows = {row["name"]: row for row in talk.ask("listStores")["stores"]}
        assert "currentVersion" in rows["plain"]["error"] and "error" not in rows["books"]


ALL = list(doc.Document().operations.values())


@pytest.mark.parametrize("operation", [o for o in ALL if o.required()], ids=lambda o: o.id)
def test_missing_parameters(talk, operation):
    """Without any required parameter there is an answer that names one."""
    refused = talk.ask(operation.id, expect=400, cluster_name=None) if "cluster_name" in operation.names() else \
        talk.ask(operation.id, expect=400)
    assert "is a required parameter" in refused["error"]


@pytest.mark.parametrize("operation", [o for o in ALL if o.answers != "any"], ids=lambda o: o.id)
def test_a_controller_that_does_not_serve_the_cluster(talk, operation):
    parameters = {"store": "books"} if "store" in operation.parameters else {}
    refused = talk.ask(operation.id, expect=421, cluster_name="nowhere", **parameters)
    assert refused["errorType"] == "INCORRECT_CONTROLLER"


def test_a_controller_that_does_not_lead(talk, follower):
    for operation in ALL:
        parameters = {"store": "books"} if "store" in operation.parameters else {}
        if operation.answers == "leader":
            assert talk.url in talk.ask(operation.id, expect=421, url=follower, **parameters)["error"]
        elif operation.answers == "member":
            talk.ask(operation.id, url=follower, **parameters)
    found = talk.ask("discoverCluster", url=follower, store_name="books")
    assert (found["d2Service"], found["serverD2Service"]) == ("router-d2", "server-d2")
    sent = talk.ask("getAggregatedHealth", expect=302, url=follower, body={"cluster_id": talk.cluster, "instances": [NODE_OF_NOBODY]})
    assert sent.headers["Location"] == f"{talk.url}/aggregatedHealthStatus"


def test_without_zookeeper(talk, venice, follower):
    """The last act: the log and the tree go, and the follower says so."""
    venice.stop()
    wait_until(lambda: talk.check(talk.document.operations["getHealth"], *send(follower + "/health", "GET")).status == 503, 30, "it notices")
    assert talk.ask("getHealth", expect=503, url=follower)["clusters"][talk.cluster]["zookeeper"] == "disconnected"


def test_every_operation_was_called(talk):
    assert set(talk.document.operations) - talk.succeeded == set()
    assert set(talk.document.operations) - talk.failed == NEVER_FAILS


def test_every_property_was_seen(talk):
    promised = set().union(*[doc.described(schema) for operation in ALL for kinds in operation.responses.values()
                             for schema in kinds.values()])
    assert promised - talk.seen - NEVER_SEEN.keys() == set(), "described, but never seen: mend openapi.yaml or this test"
    assert NEVER_SEEN.keys() & talk.seen == set(), "seen after all: take it off the list"
    assert NEVER_SEEN.keys() - promised == set(), "not described any more: take it off the list"
