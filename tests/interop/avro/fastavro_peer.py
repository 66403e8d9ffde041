"""fastavro answering some of the questions of answers.cc."""

import io
import json
import math

import fastavro
import fastavro.schema


class Schemas:
    """Parsed schemas. fastavro would turn logical types into Python's classes; here a value stays what is encoded."""

    def __init__(self, text):
        self.raw = json.loads(text.replace('"logicalType"', '"notLogicalType"'))
        self.parsed = fastavro.parse_schema(json.loads(json.dumps(self.raw)), named_schemas={})


def facts(text):
    try:
        schema = json.loads(text)
        canonical = fastavro.schema.to_parsing_canonical_form(schema)
        return {"canonical": canonical,
                "crc64": bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))[::-1].hex(),
                "md5": fastavro.schema.fingerprint(canonical, "MD5"),
                "sha256": fastavro.schema.fingerprint(canonical, "SHA-256")}
    except Exception as failure:  # fastavro raises whatever comes up
        return {"error": repr(failure)}


def as_plain_json(value):
    """A value as our plain JSON shows it."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: as_plain_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_plain_json(one) for one in value]
    return value


def read(writer, reader, encoded):
    """The value, or an error."""
    source = io.BytesIO(encoded)
    try:
        value = fastavro.schemaless_reader(source, writer.parsed, reader.parsed if reader else None)
    except Exception as failure:
        return {"error": repr(failure)}
    if source.read(1):
        return {"error": "bytes left over"}
    return {"value": value}


def write(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema.parsed, value)
    return out.getvalue()
