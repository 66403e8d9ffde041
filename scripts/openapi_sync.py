#!/usr/bin/env python3
"""Keeps openapi.yaml in step with the controller's route table (src/controller_api/routes.cc).

The table owns what it says: paths, methods, who answers, parameters, whether they are required, and the sentences about
routes and parameters. The document owns the rest and is written by hand. Usage:

    scripts/openapi_sync.py --routes build/dev/bin/dump-routes            copies the table's sentences into openapi.yaml
    scripts/openapi_sync.py --routes build/dev/bin/dump-routes --check    changes nothing; exits 1 when they differ

What it cannot write by itself (a route or a parameter that only one of the two has) it names, and exits 1.
Needs the Python environment of the tests: scripts/test-venv, then build/venv/bin/python.
"""
import argparse
import io
import json
import pathlib
import subprocess
import sys

from ruamel.yaml import YAML

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "openapi.yaml"
NOT_IN_TABLE = {("/", "GET")}
FORM = "application/x-www-form-urlencoded"


def yaml():
    """Reads and writes the document without changing its layout."""
    parser = YAML()
    parser.width = 4096  # a sentence is a line, however long
    parser.preserve_quotes = True
    parser.indent(mapping=2, sequence=4, offset=2)
    parser.representer.add_representer(type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null"))
    return parser


class Document:
    def __init__(self, text):
        self.text = text
        self.root = yaml().load(text)
        self.operations = {(path, method.upper()): operation for path, item in self.root["paths"].items()
                           for method, operation in item.items()}

    def resolve(self, node):
        while "$ref" in node:
            target = self.root
            for word in node["$ref"].removeprefix("#/").split("/"):
                target = target[word]
            node = target
        return node

    def parameters(self, operation):
        """Name -> [(node that holds the description, required)], of query and form; and the names in the path."""
        found, in_path = {}, set()
        for node in map(self.resolve, operation.get("parameters", [])):
            if node["in"] == "path":
                in_path.add(node["name"])
            else:
                found.setdefault(node["name"], []).append((node, node.get("required", False)))
        content = self.resolve(operation.get("requestBody", {})).get("content", {})
        if FORM in content:
            form = self.resolve(content[FORM]["schema"])
            for name, node in form["properties"].items():
                found.setdefault(name, []).append((self.resolve(node), name in form.get("required", [])))
        return found, in_path

    def dump(self):
        out = io.StringIO()
        yaml().dump(self.root, out)
        return out.getvalue()


class Sync:
    """Goes through both and collects what differs, writing the table's sentences into the document's nodes."""

    def __init__(self, document, routes):
        self.document = document
        self.routes = {(route["path"], route["method"]): route for route in routes}
        self.stale = []
        self.problems = []
        self.said = {}  # id of a node -> the sentence already given to it

    def run(self):
        for key in self.document.operations.keys() - self.routes.keys() - NOT_IN_TABLE:
            self.problems.append(f"{key[1]} {key[0]} is in openapi.yaml, but not in the route table")
        for key in self.routes.keys() - self.document.operations.keys():
            self.problems.append(f"{key[1]} {key[0]} is in the route table, but not in openapi.yaml: describe it there")
        for key in self.routes.keys() & self.document.operations.keys():
            self.route(f"{key[1]} {key[0]}", self.routes[key], self.document.operations[key])
        return sorted(self.problems), sorted(self.stale)

    def route(self, where, route, operation):
        self.text(where, operation, "summary", route["summary"])
        self.text(where, operation, "x-answered-by", route["answers"])
        leads = "421" in operation["responses"]
        if leads != (route["answers"] != "any"):
            self.problems.append(f"{where}: a 421 response belongs to routes that not every controller answers")
        wanted = {parameter["name"]: parameter for parameter in route["parameters"]}
        found, in_path = self.document.parameters(operation)
        self.cluster_name(where, route["cluster_name"], found.pop("cluster_name", []))
        if in_path != ({"store"} if "{store}" in route["path"] else set()):
            self.problems.append(f"{where}: the path parameters are {sorted(in_path)}")
        for name in found.keys() - wanted.keys():
            self.problems.append(f"{where}: parameter {name} is in openapi.yaml, but not in the route table")
        for name in wanted.keys() - found.keys():
            self.problems.append(f"{where}: parameter {name} is in the route table, but not in openapi.yaml")
        for name in wanted.keys() & found.keys():
            for node, required in found[name]:
                self.text(f"{where}, parameter {name}", node, "description", wanted[name]["description"])
                if required != wanted[name]["required"]:
                    self.problems.append(f"{where}: parameter {name}: required is {wanted[name]['required']} in the route table")

    def cluster_name(self, where, need, found):
        if [required for _, required in found] != {"required": [True], "optional": [False], "unused": []}[need]:
            self.problems.append(f"{where}: cluster_name is {need} in the route table")

    def text(self, where, node, key, wanted):
        if self.said.setdefault((id(node), key), wanted) != wanted:
            self.problems.append(f"{where}: shares its {key} with another place that says otherwise; give it its own")
        elif str(node.get(key)) != wanted:
            self.stale.append(f"{where}: {key} is {str(node.get(key))!r}, in the route table {wanted!r}")
            node[key] = wanted


def compare(document_text, routes):
    """(problems, stale sentences, the document with the table's sentences)."""
    document = Document(document_text)
    problems, stale = Sync(document, routes).run()
    return problems, stale, document.dump()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--routes", required=True, help="the program dump-routes of a build")
    words.add_argument("--check", action="store_true", help="only compare")
    asked = words.parse_args()
    routes = json.loads(subprocess.run([asked.routes], check=True, capture_output=True, text=True).stdout)
    text = DOCUMENT.read_text()
    problems, stale, mended = compare(text, routes)
    if not asked.check and stale:
        DOCUMENT.write_text(mended)
        print(f"openapi.yaml: {len(stale)} sentences taken from the route table")
    for line in problems + (stale if asked.check else []):
        print(f"openapi.yaml: {line}", file=sys.stderr)
    if asked.check and stale:
        print("openapi.yaml: run scripts/openapi_sync.py without --check and look at the difference", file=sys.stderr)
    return 1 if problems or (asked.check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
