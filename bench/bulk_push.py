#!/usr/bin/env python3
"""A whole bulk push beside RocksDB's own bulk load of the same pairs, in one run.

    scripts/build release && python3 bench/bulk_push.py [--records 5000000] [--value-bytes 180] [--rounds 1]
        [--bin build/release/bin]

Makes Avro files, times `bulk-data load` (pairs sorted beforehand, table files, ingestion: one thread), then a standalone
Venice and a push of the files until the version is online, then reads every key back and compares it. Prints a table with
the ratio and the peak memory of each process.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"  # or what --bin says


def peak_mib(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) // 1024


def run(*words):
    return subprocess.run([BIN / words[0], *map(str, words[1:])], check=True, capture_output=True, text=True).stdout


def push(venice, store, data):
    """Seconds and peak memory of one push job, and the standalone's own peak by then."""
    started = time.monotonic()
    job = subprocess.Popen([BIN / "venice-push-job", "--venice.discover.urls", venice["controller"], "--venice.store.name",
                            store, "--input.path", data, "--poll.job.status.interval.ms", "100"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    job_peak = 0
    while job.poll() is None:
        try:
            job_peak = max(job_peak, peak_mib(job.pid))
        except (OSError, TypeError):
            pass
        time.sleep(0.05)
    if job.returncode != 0:
        raise SystemExit(f"the push failed:\n{job.stderr.read()}")
    return time.monotonic() - started, job_peak


def main():
    global BIN
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=5_000_000)
    parser.add_argument("--value-bytes", type=int, default=180)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", help="where to work (default: a temporary folder)")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="the folder of the programs")
    arguments = parser.parse_args()
    BIN = arguments.bin
    work = pathlib.Path(arguments.folder or tempfile.mkdtemp(prefix="venice-bench-"))
    work.mkdir(exist_ok=True)
    standalone = None
    try:
        run("bulk-data", "generate", work / "input", arguments.records, arguments.value_bytes, 4)
        (work / "string.avsc").write_text('"string"')
        log = open(work / "standalone.log", "w")
        standalone = subprocess.Popen([BIN / "venice-standalone", "--data-dir", work / "data", "--ports-file",
                                       work / "ports.json", "--controller-port", "0", "--router-port", "0", "--kafka-port",
                                       "0", "--zookeeper-port", "0"], stdout=log, stderr=log)
        while not (work / "ports.json").exists():
            if standalone.poll() is not None:
                raise SystemExit((work / "standalone.log").read_text())
            time.sleep(0.05)
        venice = json.loads((work / "ports.json").read_text())
        run("venice-admin-tool", "new-store", "--url", venice["controller"], "--cluster", "venice-cluster0", "--store", "bulk",
            "--key-schema-file", work / "string.avsc", "--value-schema-file", work / "string.avsc")
        run("venice-admin-tool", "update-store", "--url", venice["controller"], "--store", "bulk", "--storage-quota", "-1")
        print(f"{arguments.records} records, keys of 16 and values of {arguments.value_bytes} characters")
        print(f"{'round':<8}{'RocksDB load':>16}{'Venice push':>16}{'ratio':>8}{'job peak':>12}{'Venice peak':>14}")
        for number in range(1, arguments.rounds + 1):
            shutil.rmtree(work / "load", ignore_errors=True)
            peer = json.loads(run("bulk-data", "load", work / "load", arguments.records, arguments.value_bytes))
            seconds, job_peak = push(venice, "bulk", work / "input")
            rate = arguments.records / seconds
            print(f"{number:<8}{peer['records_per_second'] / 1e6:>12.2f} M/s{rate / 1e6:>12.2f} M/s"
                  f"{rate / peer['records_per_second']:>8.2f}{job_peak:>8} MiB{peak_mib(standalone.pid):>10} MiB", flush=True)
        print("every key read back:", run("bulk-data", "check", venice["router"], "bulk", arguments.records,
                                           arguments.value_bytes).strip())
    finally:
        if standalone:
            standalone.terminate()
            standalone.wait(timeout=60)
        if not arguments.folder:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
