"""The two programs that answer the questions: ours (avro-peer) and Java's Avro (AvroPeer)."""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import threading

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
BIN = pathlib.Path(os.environ.get("VENICE_BIN", ROOT / "build/dev/bin"))
# Another release, to see what differs: VENICE_AVRO_JAVA=1.10.2
JAVA_VERSION = os.environ.get("VENICE_AVRO_JAVA")
JAVA_BUILD = ROOT / "build/interop" / ("avro-" + JAVA_VERSION if JAVA_VERSION else "avro")
ANSWER_LIMIT_S = 120


def java_available():
    return bool(shutil.which("java") and shutil.which("mvn"))


def build_java():
    """Compiles AvroPeer and fetches Avro's jars, unless that was done for this very source."""
    stamp = JAVA_BUILD / "built"
    sources = [HERE / "pom.xml", HERE / "AvroPeer.java"]
    if stamp.exists() and all(stamp.stat().st_mtime > source.stat().st_mtime for source in sources):
        return
    JAVA_BUILD.mkdir(parents=True, exist_ok=True)
    version = ["-Davro.version=" + JAVA_VERSION] if JAVA_VERSION else []
    subprocess.run(
        ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "-Dvenice.build=%s" % JAVA_BUILD, *version,
         "compile", "dependency:copy-dependencies"],
        check=True, timeout=900)
    stamp.touch()


class Peer:
    """A process that answers a line of JSON with a line of JSON."""

    def __init__(self, command):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self, requests):
        """Sends requests; answers() returns what comes back. Both peers can be busy at once."""
        self._sent = collections.deque(requests)
        self._writer = threading.Thread(target=self._write, args=(list(requests),), daemon=True)
        self._writer.start()

    def _write(self, requests):
        try:
            for request in requests:
                self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answers() says on which request it died

    def answers(self):
        # A peer that hangs is ended, and the read below then fails.
        watchdog = threading.Timer(ANSWER_LIMIT_S, self.process.kill)
        watchdog.start()
        try:
            found = []
            while self._sent:
                line = self.process.stdout.readline()
                assert line, "the peer ended (code %s) on %s" % (self.process.wait(10), json.dumps(self._sent[0]))
                self._sent.popleft()
                found.append(json.loads(line))
        finally:
            watchdog.cancel()
        self._writer.join()
        return found

    def ask(self, requests):
        self.start(requests)
        return self.answers()

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_ours():
    return Peer([BIN / "avro-peer"])


def start_java():
    build_java()
    return Peer(["java", "-XX:+UseSerialGC", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                 "%s:%s" % (JAVA_BUILD / "classes", JAVA_BUILD / "lib/*"), "AvroPeer"])
