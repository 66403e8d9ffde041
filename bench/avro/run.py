#!/usr/bin/env python3
"""Times Avro decoding and encoding: ours beside Avro C, Java's Avro and Python's fastavro, in one run.

    python3 bench/avro/run.py [--rounds 7] [--without java,python]

Every program holds its records in memory and answers "CASE WAY" with the CPU nanoseconds of one record. The rounds of all
programs alternate, so that what else the machine does hits them alike; reported are medians. Builds what it needs: our
program in the release preset, Java's through Maven, Python's in the tests' venv. Avro C is Debian's libavro-dev.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "build" / "bench-avro"
CASES = ["feature", "member", "embedding"]
# Program, way, what the table calls it. The first of each table is what the others are divided by.
DECODE = [
    ("ours", "value", "Value in an arena"),
    ("ours", "value-copied", "Value, text copied"),
    ("ours", "value-half", "Value, every other field"),
    ("ours", "datum", "Datum (owned)"),
    ("ours", "extract-last", "Extractor, last field"),
    ("ours", "skip", "Skipper"),
    ("ours", "memcpy", "memcpy of the bytes"),
    ("c", "decode", "Avro C, value reused"),
    ("java", "fresh", "Java generic, new record"),
    ("java", "reuse", "Java generic, reused record"),
    ("java", "fast", "Java generic, Avro's fast reader"),
    ("python", "decode", "Python fastavro"),
]
ENCODE = [
    ("ours", "encode-value", "Value"),
    ("ours", "encode-datum", "Datum"),
    ("c", "encode", "Avro C"),
    ("java", "encode", "Java generic"),
    ("python", "encode", "Python fastavro"),
]


class Program:
    def __init__(self, command):
        arguments = [str(HERE), str(WORK)]
        self.process = subprocess.Popen(
            [str(part) for part in command] + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args[0]} ended with {self.process.wait()}")
        return line.strip()

    def time(self, case, way):
        self.process.stdin.write(f"{case} {way}\n")
        self.process.stdin.flush()
        return float(self._read())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def build_java():
    """The classes and the class path of Java's part."""
    classes = WORK / "classes"
    path_file = WORK / "classpath.txt"
    subprocess.run(
        ["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:build-classpath", f"-Dmdep.outputFile={path_file}"],
        check=True,
        stdout=sys.stderr,
    )
    class_path = path_file.read_text(encoding="utf-8").strip()
    subprocess.run(["javac", "-cp", class_path, "-d", classes, HERE / "AvroBench.java"], check=True)
    return ["java", "-Xmx1g", "-cp", f"{classes}{os.pathsep}{class_path}", "AvroBench"]


def build(without):
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run([ROOT / "scripts" / "build", "release", "avro-bench"], check=True, stdout=sys.stderr)
    release = ROOT / "build" / "release" / "bin"
    commands = {"ours": [release / "avro-bench"]}
    has_avro_c = subprocess.run(
        [ROOT / "scripts" / "build", "release", "avro-c-bench"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if has_avro_c.returncode == 0:
        commands["c"] = [release / "avro-c-bench"]
    else:
        print("Avro C is left out: apt-get install libavro-dev, then remove build/release", file=sys.stderr)
    if shutil.which("mvn") and "java" not in without:
        commands["java"] = build_java()
    elif "java" not in without:
        print("Java is left out: apt-get install maven default-jdk-headless", file=sys.stderr)
    if "python" not in without:
        subprocess.run([ROOT / "scripts" / "test-venv"], check=True)
        commands["python"] = [ROOT / "build" / "venv" / "bin" / "python", HERE / "fastavro_bench.py"]
    return {name: command for name, command in commands.items() if name not in without}


def measure(programs, rows, rounds):
    rows = [row for row in rows if row[0] in programs]
    times = {(case, row): [] for case in CASES for row in rows}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for case in CASES:
            for row in rows:
                times[case, row].append(programs[row[0]].time(case, row[1]))
    return rows, {key: statistics.median(values) for key, values in times.items()}


def report(title, rows, medians):
    print(f"\n| {title}, ns per record (of the first) | " + " | ".join(CASES) + " |")
    print("|---|" + "---|" * len(CASES))
    for row in rows:
        cells = []
        for case in CASES:
            ratio = medians[case, row] / medians[case, rows[0]]
            cells.append(f"{medians[case, row]:,.0f} ({ratio:.1f})")
        print(f"| {row[2]} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--without", default="", help="programs to leave out: c, java, python")
    options = parser.parse_args()
    commands = build(options.without.split(","))
    # Ours first: it writes the records that the others load.
    programs = {name: Program(command) for name, command in commands.items()}
    report("decode", *measure(programs, DECODE, options.rounds))
    report("encode", *measure(programs, ENCODE, options.rounds))
    for program in programs.values():
        program.close()


if __name__ == "__main__":
    main()
