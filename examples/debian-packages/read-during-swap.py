#!/usr/bin/env python3
"""Reads keys through the router, one after another, until the schema id of the answers changes: the swap of versions.

    read-during-swap.py ROUTER_URL STORE KEY [KEY...]

Prints a line for the first answer, one for the swap, and a summary. Exit code 1 when any read failed, 2 when no swap
was seen within the time limit.
"""
import argparse
import http.client
import sys
import time
import urllib.parse

AFTER_SWAP = 2000  # reads to go on after the swap, so that a stumble right behind it is seen too


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("router")
    parser.add_argument("store")
    parser.add_argument("keys", nargs="+", help="string keys")
    parser.add_argument("--seconds", type=float, default=120, help="time limit (default 120)")
    arguments = parser.parse_args()

    address = urllib.parse.urlsplit(arguments.router)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    started = time.monotonic()
    reads = failures = after = 0
    slowest = 0.0
    first = current = None
    while time.monotonic() - started < arguments.seconds:
        key = arguments.keys[reads % len(arguments.keys)]
        began = time.monotonic()
        connection.request("GET", f"/storage/{arguments.store}/{urllib.parse.quote(key)}?f=string")
        answer = connection.getresponse()
        answer.read()
        slowest = max(slowest, time.monotonic() - began)
        reads += 1
        if answer.status != 200:
            failures += 1
            print(f"  read {reads} of '{key}' failed: HTTP {answer.status}", flush=True)
            continue
        schema = answer.getheader("X-VENICE-SCHEMA-ID")
        if first is None:
            first = schema
            print(f"  reading; answers carry value schema {schema}", flush=True)
        elif schema != first and current is None:
            current = schema
            print(f"  {time.monotonic() - started:6.2f} s, read {reads}: answers carry value schema {schema} - swapped",
                  flush=True)
        if current is not None:
            after += 1
            if schema == first:
                failures += 1
                print(f"  read {reads} went back to the old version", flush=True)
            if after >= AFTER_SWAP:
                break
    print(f"  {reads} reads, {failures} failed, slowest {slowest * 1000:.1f} ms", flush=True)
    if current is None:
        print("  no swap was seen", file=sys.stderr)
        return 2
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
