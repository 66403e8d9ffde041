#!/usr/bin/env python3
"""Makes the golden bytes of Venice's Avro formats with fastavro, an implementation that shares nothing with ours.

usage: generate.py > golden.txt        (needs fastavro, see tests/requirements.txt)

Each line is a name and bytes in hexadecimal; src/protocol/golden_test.cc holds the values they must mean.
"""
import io
import json
import pathlib

import fastavro

SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "schemas"
GUID = bytes(range(16))
HIGH_GUID = bytes([0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF] + [0xE9] * 10)
NAMESPACE = "com.linkedin.venice.kafka.protocol."


def schema(path):
    return fastavro.parse_schema(json.loads((SCHEMAS / path).read_text()), _write_hint=False)


def emit(name, path, datum, prefix=b""):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema(path), datum)
    print(name, (prefix + out.getvalue()).hex())


def union(name, fields):
    return NAMESPACE + name, fields


def control_bodies(version):
    push = {}
    if version >= 2: push["sorted"] = True
    if version >= 4: push["chunked"] = True
    if version >= 5: push["compressionStrategy"] = 3
    if version >= 8: push["compressionDictionary"] = b"\x00dict"
    if version >= 9: push["timestampPolicy"] = 2
    yield 0, union("StartOfPush", push)
    yield 1, union("EndOfPush", {})
    yield 2, union("StartOfSegment", {"checksumType": 4, "upcomingAggregates": ["a", "b"]})
    yield 3, union("EndOfSegment", {"checksumValue": b"\x01\x02", "computedAggregates": [1, -300], "finalSegment": True})
    if version >= 3:
        yield 4, union("StartOfBufferReplay", {"sourceOffsets": [5, 1 << 40], "sourceKafkaCluster": "kafka:9092",
                                               "sourceTopicName": "s_rt"})
    if version >= 6:
        yield 5, union("StartOfIncrementalPush", {"version": "inc_1"})
        yield 6, union("EndOfIncrementalPush", {"version": "inc_1"})
    if version >= 7:
        yield 7, union("TopicSwitch", {"sourceKafkaServers": ["k1:9092", "k2:9092"], "sourceTopicName": "s_rt",
                                       "rewindStartTimestamp": -2})
    if version >= 11:
        swap = {"oldServingVersionTopic": "s_v1", "newServingVersionTopic": "s_v2", "localHighWatermarks": [7, -1],
                "isRepush": True, "isLastVersionSwapMessageFromRealTimeTopic": True}
        if version >= 12: swap["localHighWatermarkPubSubPositions"] = [b"\x22\x01\x03\x00", b""]
        if version >= 13: swap.update(sourceRegion="dc-0", destinationRegion="dc-1", generationId=1700000000001)
        yield 8, union("VersionSwap", swap)


def envelope(version, message_type, payload, footer):
    producer = {"producerGUID": GUID, "segmentNumber": 3, "messageSequenceNumber": 1000, "messageTimestamp": 1700000000000}
    if 7 <= version <= 10: producer["upstreamOffset"] = 77
    if version >= 9: producer["logicalTimestamp"] = -2
    datum = {"messageType": message_type, "producerMetadata": producer, "payloadUnion": payload}
    if version == 10: datum["targetVersion"] = 9
    if version >= 8:
        leader = {"hostName": "host_1", "upstreamOffset": 123456}
        if version >= 9: leader["upstreamKafkaClusterId"] = 1
        if version >= 12: leader.update(upstreamPubSubPosition=b"\x22\x01\x00\x02\x00", termId=5)
        if version >= 14: leader["upstreamMessageTimestamp"] = 1700000000002
        datum["leaderMetadataFooter"] = leader if footer else None
    return datum


def emit_envelopes(version):
    def emit_one(name, message_type, payload, footer=True):
        emit(f"envelope.v{version}.{name}", f"KafkaMessageEnvelope/v{version}.avsc",
             envelope(version, message_type, payload, footer), bytes([23, version]))

    metadata = {9: "timestampMetadata"}.get(version, "replicationMetadata")
    put, delete = {"schemaId": 7, "putValue": b"\x02a"}, {}
    if version >= 9:
        put.update({metadata + "VersionId": 1, metadata + "Payload": b"rmd"})
        delete = {"schemaId": 8, metadata + "VersionId": 1, metadata + "Payload": b"rmd"}
    emit_one("put", 0, union("Put", put))
    emit_one("put_no_footer", 0, union("Put", put), footer=False)
    emit_one("delete", 1, union("Delete", delete))
    if version >= 7:
        emit_one("update", 3, union("Update", {"schemaId": 7, "updateSchemaId": 2, "updateValue": b"upd"}))
    for control_type, body in control_bodies(version):
        message = {"controlMessageType": control_type, "debugInfo": {"host": "h", "pid": "1"}, "controlMessageUnion": body}
        emit_one(f"control_{control_type}", 2, union("ControlMessage", message))


def producer_state(number):
    return {"segmentNumber": number, "segmentStatus": 1, "isRegistered": True, "messageSequenceNumber": 10 * number,
            "messageTimestamp": 1700000000000, "checksumType": 4, "checksumState": b"\x00\x01\x02\x03\x04\x05\x06\x07",
            "aggregates": {"a": -1}, "debugInfo": {"host": "h"}}


def partition_state_full():
    text = GUID.decode("latin-1"), HIGH_GUID.decode("latin-1")
    return {
        "offset": 100, "offsetLag": 3, "endOfPush": True, "lastUpdate": 1700000000000,
        "startOfBufferReplayDestinationOffset": 55, "databaseInfo": {"rocksdb_last_finished_sst_file_no": "4"},
        "incrementalPushInfo": {"version": "inc_1", "error": "bad"}, "leaderTopic": "s_rt", "leaderOffset": 9,
        "upstreamOffsetMap": {"k1": 1, "k2": -1}, "upstreamRealTimeTopicPubSubPositionMap": {"k1": b"\x22\x01\x03\x00"},
        "upstreamVersionTopicOffset": 12, "upstreamVersionTopicPubSubPosition": b"\x22\x01\x00\x02\x18",
        "leaderGUID": GUID, "leaderHostId": "host_1",
        "producerStates": {text[0]: producer_state(1), text[1]: producer_state(2)},
        "previousStatuses": {"previouslyReadyToServe": "true"}, "pendingReportIncrementalPushVersions": ["inc_0", "inc_1"],
        "realtimeTopicProducerStates": {"k1": {text[1]: producer_state(3)}}, "recordTransformerClassHash": -5,
        "lastProcessedVersionTopicPubSubPosition": b"\x22\x01\x00\x04\xc8\x01",
        "lastConsumedVersionTopicPubSubPosition": b"\x22\x01\x01\x00", "latestObservedTermId": 6,
        "currentTermStartPubSubPosition": b"\x22\x01\x03\x00", "lastConsumedVersionTopicOffset": 101,
        "heartbeatTimestamp": 1700000000003, "lastCheckpointTimestamp": 1700000000004,
        "keyUrnCompressionDict": {"keyUrnFields": ["id"], "keyUrnCompressionDictionaryVersion": 2,
                                  "keyUrnCompressionDictionary": b"urn"},
        "trackingIncrementalPushStatus": {"inc_1": {"status": 7, "timestamp": 1700000000005}},
        "uniqueIngestedKeyCountHllSketch": b"hll", "activeKeyCount": 42, "batchPushRecordCount": 41,
        "upstreamLastConsumedVersionTopicPubSubPosition": b"\x22\x01\x00\x02\x00",
    }


def emit_states():
    fresh = {"offset": -1, "endOfPush": False, "lastUpdate": 0, "producerStates": {}}
    for name, value in partition_state_full().items():
        if isinstance(value, bytes) and name.endswith("PubSubPosition"):
            fresh[name] = b""  # fastavro does not apply a default to bytes
    emit("partition_state.fresh", "PartitionState/v24.avsc", fresh, bytes([24, 24]))
    emit("partition_state.full", "PartitionState/v24.avsc", partition_state_full(), bytes([24, 24]))
    emit("store_version_state.fresh", "StoreVersionState/v7.avsc", {"sorted": False, "startOfBufferReplay": None},
         bytes([25, 7]))
    emit("store_version_state.full", "StoreVersionState/v7.avsc",
         {"sorted": True,
          "startOfBufferReplay": {"sourceOffsets": [1], "sourceKafkaCluster": "k", "sourceTopicName": "s_rt"},
          "chunked": True, "compressionStrategy": 3,
          "topicSwitch": {"sourceKafkaServers": ["k1"], "sourceTopicName": "s_rt", "rewindStartTimestamp": 99},
          "compressionDictionary": b"dict", "batchConflictResolutionPolicy": 2,
          "startOfPushTimestamp": 1700000000000, "endOfPushTimestamp": 1700000000001}, bytes([25, 7]))


def emit_reads():
    emit("multi_get.router_key", "MultiGetRouterRequestKey/v1.avsc", {"keyIndex": 70, "keyBytes": b"\x02a", "partitionId": 3})
    emit("multi_get.record", "MultiGetResponseRecord/v1.avsc", {"keyIndex": 70, "value": b"value", "schemaId": 9})
    emit("multi_get.missing", "MultiGetResponseRecord/v1.avsc", {"keyIndex": -70, "value": b"", "schemaId": -1000})
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema("StreamingFooterRecord/v1.avsc"),
                               {"status": 503, "detail": b"no replica", "trailerHeaders": {"a": "1", "b": "2"}})
    emit("multi_get.footer", "MultiGetResponseRecord/v1.avsc",
         {"keyIndex": -1000000, "value": out.getvalue(), "schemaId": -1001})
    emit("position.kafka", "PubSubPositionWireFormat/v1.avsc", {"type": 0, "rawBytes": b"\xc8\x01"}, b"\x22\x01")


for number in range(1, 15):
    emit_envelopes(number)
emit_states()
emit_reads()
