"""Drives the real executables: a standalone Venice in a temporary folder, pushes, reads, faults.

Everything waits for states with a deadline and cleans up after itself.
"""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import fastavro

BIN = pathlib.Path(os.environ["VENICE_BIN"])
CLUSTER = "venice-cluster0"
STRING = {"type": "string"}
KEY_VALUE_STRINGS = {
    "type": "record", "name": "KeyValue",
    "fields": [{"name": "key", "type": "string"}, {"name": "value", "type": "string"}],
}


def run(*words, timeout=120, check=True, **options):
    """Runs an executable of the build; returns the completed process with text output."""
    done = subprocess.run([BIN / words[0], *map(str, words[1:])], capture_output=True, text=True, timeout=timeout, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def http(url, body=None, headers=None, method=None, timeout=30):
    """(status, headers, body), whatever the status."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def write_avro(path, records, schema=None, codec="deflate"):
    with open(path, "wb") as out:
        fastavro.writer(out, fastavro.parse_schema(schema or KEY_VALUE_STRINGS), records, codec=codec)
    return path


def pairs(count, tag="a"):
    return [{"key": f"key-{i:06d}", "value": f"{tag}-{i}"} for i in range(count)]


class Standalone:
    """venice-standalone on free ports. Restart() keeps the data folder."""

    def __init__(self, folder, *flags):
        self.folder = pathlib.Path(folder)
        self.flags = flags
        self.process = None
        self.ports = None
        self.log_path = self.folder / "standalone.log"

    def start(self, seconds=30):
        ports_file = self.folder / "ports.json"
        ports_file.unlink(missing_ok=True)
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [BIN / "venice-standalone", "--data-dir", self.folder / "data", "--cluster", CLUSTER,
             "--controller-port", "0", "--router-port", "0", "--kafka-port", "0", "--zookeeper-port", "0",
             "--ports-file", ports_file, *self.flags], stdout=log, stderr=log)
        log.close()

        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"standalone ended with {self.process.returncode}\n{self.log()}")
            return ports_file.exists() and ports_file.stat().st_size > 0

        try:
            wait_until(ready, seconds, "standalone ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None
        self.ports = json.loads(ports_file.read_text())
        return self

    def log(self, lines=60):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)

    def stop(self):
        """A clean stop; its exit code."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.terminate()
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"standalone did not stop on SIGTERM\n{self.log()}") from None

    @property
    def controller(self):
        return self.ports["controller"]

    @property
    def router(self):
        return self.ports["router"]

    def admin(self, command, *flags, check=True):
        return run("venice-admin-tool", command, "--url", self.controller, "--json", *flags, check=check)

    def new_store(self, store, key=STRING, value=STRING):
        for name, schema in (("key", key), ("value", value)):
            (self.folder / f"{store}-{name}.avsc").write_text(json.dumps(schema))
        self.admin("new-store", "--cluster", CLUSTER, "--store", store,
                   "--key-schema-file", self.folder / f"{store}-key.avsc",
                   "--value-schema-file", self.folder / f"{store}-value.avsc")

    def push_command(self, store, path, *flags):
        return ["venice-push-job", "--venice.discover.urls", self.controller, "--venice.store.name", store,
                "--input.path", str(path), "--poll.job.status.interval.ms", "100", *flags]

    def push(self, store, path, *flags, check=True, timeout=120):
        return run(*self.push_command(store, path, *flags), check=check, timeout=timeout)

    def get(self, store, key):
        """(status, headers, body) of one string key."""
        return http(f"{self.router}/storage/{store}/{urllib.parse.quote(key, safe='')}?f=string")

    def value(self, store, key):
        """The string value, or None when the key is missing."""
        status, _, body = self.get(store, key)
        if status == 404:
            return None
        assert status == 200, (status, body)
        return decode_string(body)

    def store(self, name):
        return json.loads(self.admin("describe-store", "--store", name, "--cluster", CLUSTER).stdout)["store"]

    def current_version(self, name):
        return self.store(name)["currentVersion"]


def decode_string(body):
    import io
    return fastavro.schemaless_reader(io.BytesIO(body), "string")


@contextlib.contextmanager
def standalone(folder, *flags):
    venice = Standalone(folder, *flags).start()
    try:
        yield venice
    finally:
        venice.stop()
