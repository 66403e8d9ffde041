#!/usr/bin/env python3
"""Writes the golden vectors beside this file with Java's Avro, from Maven Central (pom.xml pins it).

    tests/golden/avro_java/generate.py FOLDER      FOLDER takes the jars and classes

schemas.jsonl   schema texts of schemas.py with Java's verdict, Schema.toString(), canonical form, fingerprints, logical
                type. "accepted" is the verdict of Avro 1.12, "accepted_strictly" also needs that of 1.11, whose unions
                take defaults of their first branch only. Where both versions stray from the specification, we follow
                them; where only 1.12 does (see DIFFERENT), we follow the specification and 1.11.
values.jsonl    the sort order of encoded values (BinaryData.compare), and JSON written and read, from orders.py
"""
import json
import pathlib
import subprocess
import sys

import orders
import schemas

HERE = pathlib.Path(__file__).parent
VERSIONS = {"strict": "1.11.4", "current": "1.12.0"}

# 1.12 takes names that are defined after their first use.
DIFFERENT = ['{"type":"record","name":"A","fields":[{"name":"x","type":"B"},'
             '{"name":"y","type":{"type":"fixed","name":"B","size":1}}]}']
# What people type on command lines; Java wants quotes.
EXTENSIONS = ["int"]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def prepare(folder, version):
    target = folder / version
    subprocess.run(["mvn", "-q", "-B", "-f", HERE / "pom.xml", f"-Davro.version={version}",
                    "dependency:copy-dependencies", f"-DoutputDirectory={target}"], check=True)
    subprocess.run(["javac", "-cp", f"{target}/*", "-d", target / "classes", HERE / "Goldens.java"], check=True)
    return f"{target}/*:{target}/classes"


def answers(classpath, tests):
    lines = "".join(json.dumps(test) + "\n" for test in tests)
    run = subprocess.run(["java", "-cp", classpath, "Goldens"], input=lines, stdout=subprocess.PIPE, check=True, text=True)
    return [json.loads(line) for line in run.stdout.split("\n") if line]


def write(name, tests):
    (HERE / name).write_text("".join(compact(test) + "\n" for test in tests))


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    strict, current = (prepare(folder, VERSIONS[key]) for key in ("strict", "current"))
    texts = [s if isinstance(s, str) else compact(s) for s in schemas.schemas()]
    tests = [{"kind": "schema", "schema": text} for text in texts if text not in EXTENSIONS]
    results = []
    for old, test in zip(answers(strict, tests), answers(current, tests)):
        if test["schema"] in DIFFERENT:
            test = old
        test["accepted_strictly"] = test["accepted"] and old["accepted"]
        results.append(test)
    # A reference in braces ({"type":"B"}) finds names of the null namespace since 1.12; so it does here.
    for test in results:
        if test["accepted"] and '{"type":"B"}' in test["schema"]:
            test["accepted_strictly"] = True
    write("schemas.jsonl", results)
    write("values.jsonl", answers(current, list(orders.tests())))


if __name__ == "__main__":
    main()
