#!/usr/bin/env python3
"""Writes the package index of this Debian machine as JSON Lines for a push: one {"key": name, "value": {...}} a line.

    package-index.py OUTPUT.jsonl                     fields of value-1.avsc
    package-index.py OUTPUT.jsonl --with-popularity   adds required_by, the number of packages that need this one

The index is what `apt-cache dumpavail` prints; run `apt-get update` first when it is empty.
"""
import argparse
import collections
import json
import re
import subprocess
import sys


def stanzas(text):
    """Yields each paragraph of the index as a dict of field to first line."""
    fields = {}
    for line in text.splitlines():
        if not line:
            if fields:
                yield fields
            fields = {}
        elif line[0] not in " \t":
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def dependency_names(field):
    """'libc6 (>= 2.34), default-mta | exim4' -> ['libc6', 'default-mta', 'exim4']"""
    return [re.split(r"[ (:]", name.strip())[0] for name in re.split(r"[,|]", field) if name.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--with-popularity", action="store_true")
    arguments = parser.parse_args()

    text = subprocess.run(["apt-cache", "dumpavail"], check=True, capture_output=True).stdout.decode("utf-8", "replace")
    packages = {}
    for fields in stanzas(text):
        packages.setdefault(fields.get("Package", ""), fields)  # the index lists a preferred version first
    packages.pop("", None)
    if not packages:
        sys.exit("The package index is empty. Run: apt-get update")

    required_by = collections.Counter()
    depends = {}
    for name, fields in packages.items():
        depends[name] = sorted(set(dependency_names(fields.get("Pre-Depends", "") + "," + fields.get("Depends", ""))))
        required_by.update(depends[name])

    with open(arguments.output, "w", encoding="utf-8") as out:
        for name, fields in packages.items():
            value = {
                "version": fields.get("Version", ""),
                "section": fields.get("Section", ""),
                "download_bytes": int(fields.get("Size", 0)),
                "installed_kib": int(fields.get("Installed-Size", 0)),
                "maintainer": fields.get("Maintainer", ""),
                "description": fields.get("Description", ""),
                "depends": depends[name],
            }
            if arguments.with_popularity:
                value["required_by"] = required_by[name]
            out.write(json.dumps({"key": name, "value": value}, ensure_ascii=False) + "\n")
    print(len(packages))


if __name__ == "__main__":
    main()
