"""Schemas that people wrote: those of schemas/ and, where VENICE_AVRO_HISTORY names bare Git repositories (separated by
colons), every .avsc file there ever was in them, version against version."""

import collections
import os
import pathlib
import re
import subprocess

import peers
import pytest
from comparison import compare_case, compare_schema
from differences import JAVA, JAVA_PARSER, unexplained
from test_java import ask_both

VALUES = 20  # of each schema
HISTORY = [name for name in os.environ.get("VENICE_AVRO_HISTORY", "").split(":") if name]


def check_schemas(ours, java, texts):
    """Those of `texts` that parse; the others are refused by both."""
    requests = [{"op": "schema", "schema": text} for text in texts]
    parsed = []
    for text, (mine, other) in zip(texts, ask_both(ours, java, requests), strict=True):
        assert not unexplained(JAVA_PARSER, {"writer": text}, compare_schema(mine, other)), text
        if "error" not in mine:
            parsed.append(text)
    return parsed


def check_steps(ours, java, steps):
    """(older text, newer text) pairs: verdicts both ways, and each side's values read by the other."""
    sides = [{"op": "values", "schema": text, "seed": 50, "count": VALUES} for step in steps for text in step]
    values = [answer["values"] for answer in ours.ask(sides)]
    cases = [{"writer": older, "reader": newer, "values": values[2 * i], "reader_values": values[2 * i + 1]}
             for i, (older, newer) in enumerate(steps)]
    answers = ask_both(ours, java, [{"op": "case", **case} for case in cases])
    compatible = 0
    for case, (mine, other) in zip(cases, answers, strict=True):
        found = unexplained(JAVA, case, compare_case(case, mine, other))
        assert not found, (case["writer"], case["reader"], found)
        compatible += mine["reads"]["ok"] + mine["is_read"]["ok"]
    return compatible


def version_of(path):
    return [int(number) for number in re.findall(r"\d+", path.name)]


def steps_of(folders):
    """Consecutive versions of each folder's schemas."""
    return [step for texts in folders.values() for step in zip(texts, texts[1:] or texts)]


def test_our_schemas_folder(ours, java):
    folders = collections.defaultdict(list)
    for path in sorted((peers.ROOT / "schemas").rglob("*.avsc"), key=version_of):
        folders[path.parent].append(path.read_text())
    texts = [text for versions in folders.values() for text in versions]
    assert texts and check_schemas(ours, java, texts) == texts
    check_steps(ours, java, steps_of(folders))


def git(repository, *arguments, given=None):
    return subprocess.run(["git", "--git-dir=" + repository, *arguments], input=given, check=True, capture_output=True,
                          timeout=600).stdout


def history_of(repository):
    """Every content that every .avsc path ever had, oldest first."""
    log = git(repository, "log", "--all", "--reverse", "--raw", "--no-abbrev", "--format=", "--", "*.avsc").decode()
    versions = collections.defaultdict(list)
    for line in log.splitlines():
        meta, _, path = line.partition("\t")
        blob = meta.split()[3]
        if set(blob) != {"0"} and blob not in versions[path.split("\t")[-1]]:
            versions[path.split("\t")[-1]].append(blob)
    return versions


def read_blobs(repository, blobs):
    """Texts by id; ids of which the repository's copy lacks the content are missing."""
    texts = {}
    out = git(repository, "cat-file", "--batch", given="\n".join(blobs).encode())
    at = 0
    for blob in blobs:
        end = out.index(b"\n", at)
        words = out[at:end].split()
        at = end + 1
        if words[-1] == b"missing":
            continue
        size = int(words[2])
        texts[blob] = out[at:at + size].decode("utf-8", "replace")
        at += size + 1
    return texts


@pytest.mark.skipif(not HISTORY, reason="VENICE_AVRO_HISTORY names no repository")
@pytest.mark.parametrize("repository", HISTORY)
def test_every_version_in_a_repository(ours, java, repository, capsys):
    history = history_of(repository)
    blobs = sorted({blob for versions in history.values() for blob in versions})
    texts = read_blobs(repository, blobs)
    unique = sorted(set(texts.values()))
    parsed = set(check_schemas(ours, java, unique))
    steps = set()
    # The versions of one path through time, and the numbered folders beside each other (v1/X.avsc, v2/X.avsc) today.
    for path, versions in history.items():
        known = [texts[blob] for blob in versions if texts.get(blob) in parsed]
        steps |= set(zip(known, known[1:]))
    numbered = collections.defaultdict(list)
    for path, versions in history.items():
        known = [texts[blob] for blob in versions if texts.get(blob) in parsed]
        if known and re.search(r"/v-?\d+/", path):
            numbered[re.sub(r"/v-?\d+/", "/v*/", path)].append((version_of_folder(path), known[-1]))
    for versions in numbered.values():
        ordered = [text for _, text in sorted(versions)]
        steps |= set(zip(ordered, ordered[1:]))
    steps = sorted(steps)
    compatible = check_steps(ours, java, steps)
    with capsys.disabled():
        print("\n%s: %d paths, %d texts, %d schemas, %d steps, %d of %d directions compatible, %d values each way"
              % (pathlib.Path(repository).parent.name, len(history), len(unique), len(parsed), len(steps), compatible,
                 2 * len(steps), VALUES * len(steps)))


def version_of_folder(path):
    return int(re.search(r"/v(-?\d+)/", path)[1])
