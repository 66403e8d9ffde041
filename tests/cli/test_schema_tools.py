"""Owners of schemas at the command line: is this change safe, and what is in our stores?"""
import json
import pathlib
import re

import pytest

import harness
from harness import CLUSTER, run

V1 = {
    "type": "record", "name": "User", "namespace": "com.example", "doc": "Somebody who signed up.",
    "fields": [
        {"name": "id", "type": "long", "doc": "Who | it is."},
        {"name": "age", "type": "int"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["ACTIVE", "DELETED"]}},
        {"name": "home", "type": ["null", {"type": "record", "name": "Address", "fields": [
            {"name": "zip", "type": "int"}]}], "default": None},
    ],
}


def with_fields(*fields):
    return {**V1, "fields": V1["fields"] + list(fields)}


V2 = with_fields({"name": "email", "type": ["null", "string"], "default": None})


@pytest.fixture(scope="module")
def users(shared_venice, tmp_path_factory):
    """A store with two schema versions."""
    shared_venice.new_store("users", key={"type": "long"}, value=V1)
    path = tmp_path_factory.mktemp("schemas") / "v2.avsc"
    path.write_text(json.dumps(V2))
    shared_venice.admin("add-schema", "--cluster", CLUSTER, "--store", "users", "--value-schema-file", path)
    return shared_venice


def check(venice, tmp_path, schema, *flags, store="users"):
    path = tmp_path / "new.avsc"
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
    return run("venice-admin-tool", "check-schema-compatibility", "--url", venice.controller, "--cluster", CLUSTER,
               "--store", store, "--schema-file", path, *flags, check=False)


def registered(venice):
    return json.loads(venice.admin("schemas", "--cluster", CLUSTER, "--store", "users").stdout)["schemas"]


def test_a_safe_change(users, tmp_path):
    schema = with_fields({"name": "tags", "type": {"type": "array", "items": "string"}, "default": []})
    before = registered(users)
    done = check(users, tmp_path, schema)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "COMPATIBLE with both versions." in done.stdout
    assert registered(users) == before, "the check registers nothing"
    # What the check allows the controller takes.
    users.admin("add-schema", "--cluster", CLUSTER, "--store", "users", "--value-schema-file", tmp_path / "new.avsc")
    done = check(users, tmp_path, schema)
    assert "registered already, as version 3" in done.stdout


def test_an_unsafe_change(users, tmp_path):
    fields = [field for field in V1["fields"] if field["name"] not in ("age", "state")]
    schema = {**V1, "fields": fields + [
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["ACTIVE", "DELETED", "SUSPENDED"]}},
        {"name": "phone", "type": "string"}]}
    done = check(users, tmp_path, schema)
    assert done.returncode == 9
    for needle in ("NOT COMPATIBLE", "Field `phone` is new and has no default value.", "Field `age` is gone",
                   "now also has SUSPENDED", '{"name": "phone", "type": ["null", "string"], "default": null}'):
        assert needle in done.stdout, done.stdout
    assert done.stdout.count("Field `phone` is new") == 1, "one problem, however many versions"
    # The controller agrees.
    refused = users.admin("add-schema", "--cluster", CLUSTER, "--store", "users", "--value-schema-file",
                          tmp_path / "new.avsc", check=False)
    assert refused.returncode == 2
    assert check(users, tmp_path, schema, "--mode", "NONE").returncode == 0


def test_modes_and_json(users, tmp_path):
    schema = with_fields({"name": "phone", "type": "string"})
    codes = {mode: check(users, tmp_path, schema, "--mode", mode).returncode
             for mode in ("BACKWARD", "FORWARD", "FULL", "NONE")}
    assert codes == {"BACKWARD": 9, "FORWARD": 0, "FULL": 9, "NONE": 0}
    answer = json.loads(check(users, tmp_path, schema, "--json").stdout)
    assert answer["compatible"] is False and answer["mode"] == "FULL"
    findings = answer["results"][0]["findings"]
    assert [(f["rule"], f["path"], f["direction"]) for f in findings] == [
        ("READER_FIELD_MISSING_DEFAULT_VALUE", "phone", "BACKWARD")]


def test_the_tool_and_the_controller_follow_the_stores_setting(users, tmp_path):
    def level(*symbols):
        return {"type": "enum", "name": "Level", "symbols": symbols, "default": "LOW"}

    users.new_store("levels", value=level("LOW", "HIGH"))
    longer = level("LOW", "HIGH", "HIGHER")

    def add():
        return users.admin("add-schema", "--cluster", CLUSTER, "--store", "levels", "--value-schema-file",
                           tmp_path / "new.avsc", check=False).returncode

    done = check(users, tmp_path, longer, store="levels")
    assert done.returncode == 9 and "enumSchemaEvolutionAllowed" in done.stdout
    assert add() == 2
    users.admin("update-store", "--cluster", CLUSTER, "--store", "levels", "--enum-schema-evolution-allowed", "true")
    assert check(users, tmp_path, longer, store="levels").returncode == 0
    assert add() == 0


@pytest.mark.parametrize("text, code, needle", [
    ('{"type": "record",\n "name": }', 2, "line 2"),
    ('{"type": "record", "name": "User", "fields": [{"name": "x", "type": "strng"}]}', 2, "strng"),
    ("", 2, "new.avsc"),
    ("[" * 10_000, 2, "new.avsc"),
    ('"' + "x" * 10_000_000 + '"', 2, "4194304"),
])
def test_schemas_that_are_none(users, tmp_path, text, code, needle):
    done = check(users, tmp_path, text)
    assert done.returncode == code
    assert needle in done.stderr, done.stderr


def test_what_is_not_there(users, tmp_path):
    done = check(users, tmp_path, V1, store="nobody")
    assert done.returncode == 3 and "nobody" in done.stderr, done.stderr
    done = run("venice-admin-tool", "check-schema-compatibility", "--against", tmp_path / "old.avsc", "--schema-file",
               tmp_path / "old.avsc", check=False)
    assert done.returncode == 3 and "old.avsc" in done.stderr, done.stderr


def test_without_a_controller(tmp_path):
    for name, schema in (("v1", V1), ("v2", V2), ("bad", with_fields({"name": "phone", "type": "string"}))):
        (tmp_path / f"{name}.avsc").write_text(json.dumps(schema))
    words = ["venice-admin-tool", "check-schema-compatibility", "--against", f"{tmp_path}/v1.avsc", "--schema-file"]
    assert run(*words, tmp_path / "v2.avsc").returncode == 0
    assert run(*words, tmp_path / "bad.avsc", check=False).returncode == 9


def test_the_guide_shows_the_real_report(tmp_path):
    guide = (pathlib.Path(__file__).parents[2] / "docs" / "guides" / "evolve-a-schema.md").read_text()
    old, new, repaired = re.findall(r"^```json\n(.*?)^```$", guide, re.M | re.S)
    command, report = re.search(r"^```\n\$ (.*?)\n(.*?)^```$", guide, re.M | re.S).groups()
    (tmp_path / "profile-v1.avsc").write_text(old)
    (tmp_path / "profile.avsc").write_text(new)
    done = run(*command.split(), check=False, cwd=tmp_path)
    assert done.returncode == 9 and done.stdout == report
    (tmp_path / "profile.avsc").write_text(repaired)
    assert run(*command.split(), cwd=tmp_path).returncode == 0


def test_documentation(users, tmp_path):
    def generate(*flags):
        return users.admin("generate-schema-docs", "--cluster", CLUSTER, "--output-dir", tmp_path / "docs", *flags)

    def files():
        return {str(path.relative_to(tmp_path / "docs")): path.read_bytes()
                for path in (tmp_path / "docs").rglob("*") if path.is_file()}

    users.new_store("numbers", value={"type": "long"})
    generate("--html")
    made = files()
    stores = json.loads(users.admin("list-stores", "--cluster", CLUSTER, "--include-system-stores", "false").stdout)["stores"]
    assert {"users", "numbers"} <= set(stores)
    assert set(made) == {"README.md", "index.html"} | {f"stores/{store}.{kind}" for store in stores for kind in ("md", "html")}
    page = made["stores/users.md"].decode()
    assert "| `id` | long | none | Who \\| it is. |" in page
    assert "| `home` | Address (nullable) | `null` |" in page
    assert "| &emsp;`home.zip` | int | none |" in page
    assert "One of `ACTIVE`, `DELETED`." in page
    assert re.search(r"\| 2 \| 20\d\d-\d\d-\d\d \d\d:\d\d UTC \| added `email` \|", page), page
    assert "[users](stores/users.md)" in made["README.md"].decode()
    generate("--html")
    assert files() == made, "the same schemas make the same bytes"

    (tmp_path / "docs" / "stores" / "mine.md").write_text("mine")
    answer = json.loads(generate("--store", "num*").stdout)
    assert [store["name"] for store in answer["stores"]] == ["numbers"]
    assert (tmp_path / "docs" / "stores" / "mine.md").read_text() == "mine"
    missing = run("venice-admin-tool", "generate-schema-docs", "--url", users.controller, "--cluster", CLUSTER,
                  "--store", "nobody", "--output-dir", tmp_path / "none", check=False)
    assert missing.returncode == 3 and "nobody" in missing.stderr
    assert not (tmp_path / "none").exists()
