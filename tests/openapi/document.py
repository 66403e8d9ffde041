"""openapi.yaml as the tests use it: references resolved, schemas made strict, what was seen of it counted."""
import copy
import pathlib

from openapi_schema_validator import OAS30ReadValidator
from ruamel.yaml import YAML

PATH = pathlib.Path(__file__).resolve().parents[2] / "openapi.yaml"
FORM = "application/x-www-form-urlencoded"


class Document:
    def __init__(self, path=PATH):
        self.root = YAML(typ="safe").load(path.read_text())
        self.operations = {}
        for route, item in self.root["paths"].items():
            for method, node in item.items():
                operation = Operation(self, route, method.upper(), node)
                self.operations[operation.id] = operation

    def resolve(self, node):
        """The node with all references replaced; a named schema carries its name as x-name."""
        if isinstance(node, list):
            return [self.resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" not in node:
            return {key: self.resolve(value) for key, value in node.items()}
        words = node["$ref"].removeprefix("#/").split("/")
        target = self.root
        for word in words:
            target = target[word]
        found = self.resolve(target)
        return {**found, "x-name": words[-1]} if words[1] == "schemas" else found


class Operation:
    def __init__(self, document, path, method, node):
        node = document.resolve(node)
        self.id, self.path, self.method, self.answers = node["operationId"], path, method, node["x-answered-by"]
        self.parameters = {p["name"]: p for p in node.get("parameters", [])}
        self.bodies = {kind: content["schema"] for kind, content in node.get("requestBody", {}).get("content", {}).items()}
        # status -> content type -> strict schema; a response without a body has no content type
        self.responses = {int(status): {kind: strict(content["schema"]) for kind, content in response.get("content", {}).items()}
                          for status, response in node["responses"].items()}

    @property
    def form(self):
        return self.bodies.get(FORM, {}).get("properties", {})

    def required(self):
        """Names of the required parameters of query and form."""
        named = [name for name, p in self.parameters.items() if p.get("required") and p["in"] == "query"]
        return named + self.bodies.get(FORM, {}).get("required", [])

    def names(self):
        return set(self.parameters) | set(self.form)

    def __repr__(self):
        return f"{self.method} {self.path}"


def strict(schema):
    """The schema with allOf merged and objects closed, so that a property that is not described is refused.

    Each property carries x-owner, the named schema that describes it.
    """
    schema = copy.deepcopy(schema)
    merged = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", []):
        part = strict(part)
        for key, value in part.items():
            if key == "properties":
                for name, node in value.items():
                    node.setdefault("x-owner", part.get("x-name") or merged.get("x-name"))
                merged["properties"] = {**merged.get("properties", {}), **value}
            elif key == "required":
                merged["required"] = sorted({*merged.get("required", []), *value})
            elif key not in ("additionalProperties", "x-name"):
                merged.setdefault(key, value)
    for name, node in merged.get("properties", {}).items():
        owner = node.get("x-owner") or merged.get("x-name")
        merged["properties"][name] = {**strict(node), "x-owner": owner}
    if "properties" in merged:
        merged.setdefault("additionalProperties", False)
    if isinstance(merged.get("additionalProperties"), dict):
        merged["additionalProperties"] = strict(merged["additionalProperties"])
    if "items" in merged:
        merged["items"] = strict(merged["items"])
    if "oneOf" in merged:
        merged["oneOf"] = [strict(choice) for choice in merged["oneOf"]]
    return merged


def described(schema):
    """Every "Owner.property" below a strict schema."""
    found = {f"{node['x-owner']}.{name}" for name, node in schema.get("properties", {}).items()}
    children = [*schema.get("properties", {}).values(), schema.get("items", {}), schema.get("additionalProperties", {}),
                *schema.get("oneOf", [])]
    return found.union(*[described(child) for child in children if isinstance(child, dict) and child])


def seen(schema, value):
    """The "Owner.property" of every property of the value that is not null."""
    found = set()
    for choice in schema.get("oneOf", []):
        if not problems(choice, value):
            found |= seen(choice, value)
    if isinstance(value, list):
        for item in value:
            found |= seen(schema.get("items", {}), item)
    elif isinstance(value, dict):
        for name, child in value.items():
            node = schema.get("properties", {}).get(name)
            if node is not None and child is not None:
                found.add(f"{node['x-owner']}.{name}")
            found |= seen(node or schema.get("additionalProperties") or {}, child)
    return found


def problems(schema, value):
    """What of the value does not follow the strict schema, in words."""
    return [f"{'.'.join(map(str, error.absolute_path)) or 'body'}: {error.message[:300]}"
            for error in OAS30ReadValidator(schema).iter_errors(value)]
