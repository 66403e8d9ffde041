"""Processes that talk Helix through ZooKeeper: ours (helix-peer) and Java's (HelixPeer)."""

import json
import os
import pathlib
import queue
import shutil
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
BIN = pathlib.Path(os.environ.get("VENICE_BIN", ROOT / "build/dev/bin"))
JAVA_BUILD = ROOT / "build/interop/helix"
LIMIT_S = 60


def java_available():
    return bool(shutil.which("java") and shutil.which("mvn"))


def build_java():
    """Compiles HelixPeer and fetches Helix's jars, unless that was done for this very source."""
    stamp = JAVA_BUILD / "built"
    sources = [HERE / "pom.xml", HERE / "HelixPeer.java"]
    if stamp.exists() and all(stamp.stat().st_mtime > source.stat().st_mtime for source in sources):
        return
    JAVA_BUILD.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "-Dvenice.build=%s" % JAVA_BUILD,
         "compile", "dependency:copy-dependencies"],
        check=True, timeout=900)
    # Helix logs through log4j 2; without its engine it is silent, and so are we.
    stamp.touch()


class Peer:
    """A process whose lines that begin with '@' are events."""

    def __init__(self, command, log):
        self.events = []
        self.log = open(log, "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith(b"@"):
                self._lines.put(json.loads(line[1:]))
        self._lines.put(None)

    def wait_for(self, event, limit_s=LIMIT_S):
        deadline = time.monotonic() + limit_s
        while True:
            found = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            if found is None:
                raise AssertionError("process ended, see %s" % self.log.name)
            self.events.append(found)
            if found["event"] == event:
                return found

    def transitions(self):
        while not self._lines.empty():
            found = self._lines.get()
            if found is not None:
                self.events.append(found)
        return [(e["partition"], e["from"], e["to"]) for e in self.events if e["event"] == "transition"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()


class Peers:
    """Starts peers against one ZooKeeper and stops what is left at the end."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.running = []
        self.zookeeper = self._start([BIN / "helix-peer", "zookeeper", self.folder / "zookeeper"])
        self.address = self.zookeeper.wait_for("ready")["address"]

    def _start(self, command):
        log = self.folder / ("%d-%s.log" % (len(self.running), command[1] if len(command) > 1 else "peer"))
        peer = Peer([str(part) for part in command], log)
        self.running.append(peer)
        return peer

    def java_command(self):
        return ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                "%s:%s" % (JAVA_BUILD / "classes", JAVA_BUILD / "lib/*"), "HelixPeer"]

    def ours(self, role, *arguments):
        peer = self._start([BIN / "helix-peer", role, self.address, *arguments])
        peer.wait_for("ready")
        return peer

    def java(self, role, *arguments):
        peer = self._start([*self.java_command(), role, self.address, *arguments])
        peer.wait_for("ready")
        return peer

    def act(self, role, *arguments):
        subprocess.run([str(BIN / "helix-peer"), role, self.address, *map(str, arguments)], check=True, timeout=LIMIT_S)

    def java_act(self, role, *arguments):
        peer = self._start([*self.java_command(), role, self.address, *map(str, arguments)])
        return peer

    def inspect(self, cluster, resource):
        return self.java_act("inspect", cluster, resource).wait_for("found")["cluster"]

    def stop(self):
        for peer in reversed(self.running):
            peer.stop()
