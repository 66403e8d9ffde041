"""fastavro's part of the Avro benchmark (bench/avro/run.py): SCHEMAS DATA, then lines "CASE WAY" on standard input."""

import io
import json
import struct
import sys
import time

import fastavro

ROUND_NS = 200_000_000


def load(path):
    with open(path, "rb") as file:
        data = file.read()
    records, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        records.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return records


def main(schemas, data):
    print("ready", flush=True)
    for line in sys.stdin:
        case, way = line.split()
        with open(f"{schemas}/{case}.avsc", encoding="utf-8") as file:
            schema = fastavro.parse_schema(json.load(file))
        records = load(f"{data}/{case}.records")
        values = [fastavro.schemaless_reader(io.BytesIO(record), schema, schema) for record in records]
        rounds, begin = 0, time.thread_time_ns()
        now = begin
        while now - begin < ROUND_NS:
            if way == "decode":
                for record in records:
                    fastavro.schemaless_reader(io.BytesIO(record), schema, None)
            else:
                for value in values:
                    fastavro.schemaless_writer(io.BytesIO(), schema, value)
            rounds += 1
            now = time.thread_time_ns()
        print(f"{(now - begin) / (rounds * len(records)):.3f}", flush=True)


main(sys.argv[1], sys.argv[2])
