"""The stores that the console is looked at with."""
import json
import urllib.parse

from harness import CLUSTER, http

GROUPS = ["identity", "contact", "location", "activity", "billing", "devices", "preferences", "consent", "ranking", "audit"]
FIELDS_PER_GROUP = 26
VERSIONS = 40


def _group(index, name, version):
    """One record of about 30 fields; `version` decides what it has and says."""
    fields = []
    for i in range(FIELDS_PER_GROUP):
        kind = (index + i) % 6
        field = {"name": f"{name}_{i:02d}", "doc": f"Number {i} of what is known about {name}."}
        if kind == 0:
            field |= {"type": ["null", "string"], "default": None}
        elif kind == 1:
            field |= {"type": "long", "default": 0}
        elif kind == 2:
            field |= {"type": {"type": "array", "items": "string"}, "default": []}
        elif kind == 3:
            field |= {"type": {"type": "map", "values": "double"}, "default": {}}
        elif kind == 4:
            field |= {"type": {"type": "long", "logicalType": "timestamp-millis"}, "default": 0}
        else:
            field |= {"type": "boolean", "default": False}
        fields.append(field)
    score = [{"name": "value", "type": "double", "default": 0.0}, {"name": "model", "type": "string", "default": "none"}]
    fields.append({"name": "score", "type": {"type": "record", "name": f"{name.title()}Score", "fields": score}, "default": {"value": 0.0, "model": "none"},
                   "doc": f"How sure we are about {name}."})
    # Group k changes in the versions v with v % 10 == k: something comes, goes, or is said in another way.
    for v in range(2, version + 1):
        if v % 10 != index:
            continue
        fields.append({"name": f"{name}_since_{v}", "type": ["null", "string"], "default": None, "doc": f"Came with schema {v}."})
        fields[v % FIELDS_PER_GROUP]["doc"] += f" Measured anew since schema {v}."
        if v >= 20:
            fields[1]["default"] = v if (index + 1) % 6 == 1 else fields[1]["default"]
    if version >= 30 + index:
        del fields[5]
    return {"type": "record", "name": name.title(), "doc": f"What is known about the {name} of a member.", "fields": fields}


def member_schema(version):
    """Schema `version` of 40: about 300 nested fields."""
    return {"type": "record", "name": "Member", "namespace": "com.example.members", "doc": "Everything online services read about a member.",
            "fields": [{"name": name, "type": _group(i, name, version)} for i, name in enumerate(GROUPS)]}


def count_fields(schema):
    if isinstance(schema, list):
        return sum(map(count_fields, schema))
    if not isinstance(schema, dict):
        return 0
    if "fields" in schema:
        return sum(1 + count_fields(field["type"]) for field in schema["fields"])
    return sum(count_fields(schema.get(part)) for part in ("type", "items", "values"))


ADDRESS = {"type": "record", "name": "Address", "doc": "A postal address.", "aliases": ["PostalAddress"], "fields": [
    {"name": "street", "type": "string", "doc": "With the number."},
    {"name": "zip", "type": "string", "default": ""},
    {"name": "country", "type": {"type": "enum", "name": "Country", "symbols": ["AT", "CH", "DE", "FR", "IT", "UNKNOWN"], "default": "UNKNOWN"}, "default": "UNKNOWN"},
]}
HOSTILE = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>{{7*7}}${7*7}"


def order_schema(version):
    """A schema with one of everything; the second adds, documents and gives symbols."""
    newer = version >= 2
    line = {"type": "record", "name": "Line", "fields": [
        {"name": "product", "type": {"type": "string", "avro.java.string": "String"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "count", "type": "int", "default": 1},
        {"name": "parts", "type": {"type": "array", "items": "Line"}, "default": [], "doc": "Lines inside of this line, and so on."},
    ]}
    fields = [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}, "doc": "Never used twice."},
        {"name": "placed_at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "When the order came in."},
        {"name": "ship_to", "type": ADDRESS},
        {"name": "bill_to", "type": ["null", "Address"], "default": None, "doc": "Where it differs from ship_to."},
        {"name": "lines", "type": {"type": "array", "items": line}, "doc": "What was ordered." + (" At least one." if newer else "")},
        {"name": "payment", "type": ["null",
            {"type": "record", "name": "Card", "fields": [{"name": "digits", "type": "string", "doc": "The last four."}, {"name": "valid_until", "type": {"type": "int", "logicalType": "date"}}]},
            {"type": "record", "name": "Transfer", "fields": [{"name": "iban", "type": "string"}]}], "default": None},
        {"name": "weights", "type": {"type": "map", "values": {"type": "array", "items": "float"}}, "default": {}},
        {"name": "checksum", "type": {"type": "fixed", "name": "Md5", "size": 16}, "default": "0123456789abcdef", "order": "ignore"},
        {"name": "note", "type": ["null", "string"], "default": None, "doc": HOSTILE, "owner": HOSTILE, "aliases": ["remark"]},
        {"name": "largest", "type": "long", "default": 9223372036854775807},
    ]
    if newer:
        fields.insert(2, {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["WEB", "PHONE", "SHOP"]}, "default": "WEB", "doc": "Where it was placed."})
    return {"type": "record", "name": "Order", "namespace": "com.example.shop", "doc": "An order as the shop wrote it.", "fields": fields}


def call(controller, path, **form):
    body = urllib.parse.urlencode({"cluster_name": CLUSTER, **form}).encode()
    status, _, answer = http(controller + path, body, {"Content-Type": "application/x-www-form-urlencoded"}, "POST")
    assert status == 200 and not json.loads(answer).get("error"), (path, status, answer[:2000])


def make_store(controller, name, key, *values, owner="data-team"):
    call(controller, "/new_store", store_name=name, owner=owner, key_schema=json.dumps(key), value_schema=json.dumps(values[0]))
    for value in values[1:]:
        call(controller, "/add_value_schema", store_name=name, value_schema=json.dumps(value))


def make_stores(controller):
    make_store(controller, "members", {"type": "long"}, *[member_schema(v) for v in range(1, VERSIONS + 1)], owner="member-platform")
    make_store(controller, "orders", {"type": "record", "name": "OrderKey", "fields": [{"name": "shop", "type": "int"}, {"name": "id", "type": "string"}]},
               order_schema(1), order_schema(2), owner="shop@example.com")
    make_store(controller, "counters", "string", "long", owner=HOSTILE)
    for name in ("ads-click-features", "ads-impression-features", "feed_ranking_embeddings", "job_recommendations", "notification_budget", "search_typeahead"):
        make_store(controller, name, "string", {"type": "record", "name": "Value", "fields": [{"name": "value", "type": "double", "default": 0.0}]}, owner=name.split("_")[0].split("-")[0])
