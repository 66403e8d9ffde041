#!/usr/bin/env python3
"""Checks that no include climbs a floor, and that each module's DEPS say what its code includes.

Rules (ARCHITECTURE.md, "The house"): a module may include modules of lower floors only; pubsub/kafka stands on pubsub;
tests may include anything; an included module must be among the DEPS of the includer's CMakeLists.txt, directly or
through one of them.
"""
import pathlib
import re
import sys

FLOORS = [
    ["base"],
    ["avro", "net", "zk", "pubsub", "pubsub/kafka"],
    ["protocol", "helix"],
    ["metadata", "storage", "writer", "compute"],
    ["ingestion", "dispatch", "controller_api", "console"],
    ["server", "router", "controller", "client", "producer", "push"],
    ["admin", "embedded"],
    ["apps"],
]
FLOOR = {module: number for number, modules in enumerate(FLOORS) for module in modules}
SAME_FLOOR_ALLOWED = {("pubsub/kafka", "pubsub")}
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)
MODULE_CALL = re.compile(r"venice_(?:module|executable)\(([^)]*)\)", re.DOTALL)


def module_of(path: pathlib.PurePath) -> str:
    parts = path.parts
    return "pubsub/kafka" if parts[:2] == ("pubsub", "kafka") else parts[0]


def declared_deps(src: pathlib.Path) -> dict[str, set[str]]:
    deps: dict[str, set[str]] = {}
    for lists in src.rglob("CMakeLists.txt"):
        if lists.parent == src:
            continue
        module = str(lists.parent.relative_to(src))
        found: set[str] = set()
        for call in MODULE_CALL.findall(re.sub(r"#.*", "", lists.read_text())):
            section = None
            for word in call.split():
                if word in ("SOURCES", "DEPS", "LIBS", "TEST_DEPS"):
                    section = word
                elif section == "DEPS":
                    found.add(word.replace("pubsub_kafka", "pubsub/kafka"))
        deps[module] = found
    return deps


def closure(module: str, deps: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [module]
    while todo:
        for dep in deps.get(todo.pop(), ()):
            if dep not in seen:
                seen.add(dep)
                todo.append(dep)
    return seen


def main() -> int:
    src = pathlib.Path(__file__).resolve().parent.parent / "src"
    deps = declared_deps(src)
    problems = []
    files = [f for f in src.rglob("*") if f.suffix in (".cc", ".h")]
    for file in sorted(files):
        relative = file.relative_to(src)
        module = module_of(relative)
        if module not in FLOOR:
            problems.append(f"{relative}: folder '{module}' has no floor; add it to FLOORS in scripts/check_floors.py")
            continue
        if file.stem.endswith("_test") or file.stem.endswith("_testing"):
            continue
        reachable = closure(module, deps)
        for include in INCLUDE.findall(file.read_text(errors="replace")):
            target = module_of(pathlib.PurePath(include))
            if target == module or target not in FLOOR:
                continue
            if FLOOR[target] >= FLOOR[module] and (module, target) not in SAME_FLOOR_ALLOWED:
                problems.append(f"{relative}: includes \"{include}\", which is not on a lower floor")
            elif target not in reachable:
                problems.append(f"{relative}: includes \"{include}\", but {module}/CMakeLists.txt does not name '{target}' in DEPS")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"floors: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
