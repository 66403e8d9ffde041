#!/usr/bin/env python3
"""Runs kcat, Kafka's command-line tools and Java clients, and the librdkafka cases against one target.

run.py --target embedded --bin build/dev/bin --jars build/dev/kafka-jars
run.py --target real ...        the same list against Kafka itself (KRaft, one node, temporary folder, free ports)
"""
import argparse
import hashlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
JVM = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"]


def fetch_jars(folder):
    """Once per content of pom.xml."""
    pom = HERE / "pom.xml"
    stamp = folder / ("pom-" + hashlib.sha256(pom.read_bytes()).hexdigest()[:16])
    if not stamp.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        subprocess.run(
            ["mvn", "-q", "-B", "-f", str(pom), "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies",
             f"-DoutputDirectory={folder}"], check=True)
        stamp.touch()
    # Spelled out: the compiler inside `java File.java` does not expand a wildcard.
    return ":".join(str(jar) for jar in sorted(folder.glob("*.jar")) if "reload4j" not in jar.name)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"not in time: {what}")
        time.sleep(0.05)


def connects(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Embedded:
    def __init__(self, args, classpath, folder):
        port_file = folder / "port"
        self.process = subprocess.Popen(
            [args.bin / "embedded-kafka", "--data-dir", folder / "data", "--port-file", port_file],
            stdout=subprocess.DEVNULL, stderr=open(folder / "log", "w"))
        wait_for(lambda: self.process.poll() is not None or port_file.exists() and port_file.read_text(), 20, "server up")
        self.port = int(port_file.read_text())


class Real:
    def __init__(self, args, classpath, folder):
        self.port, controller = free_port(), free_port()
        settings = folder / "server.properties"
        settings.write_text(f"""
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=100
log.retention.check.interval.ms=300
log.cleaner.backoff.ms=200
log.initial.task.delay.ms=500
""")
        run = JVM + ["-cp", classpath]
        subprocess.run(run + ["kafka.tools.StorageTool", "format", "-t", "4L6g3nShT-eMCtK--X86sw", "-c", settings],
                       check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(run + ["kafka.Kafka", settings], stdout=open(folder / "log", "w"),
                                        stderr=subprocess.STDOUT)
        wait_for(lambda: self.process.poll() is not None or connects(self.port), 60, "broker up")


class Cases:
    def __init__(self, target, classpath, is_real):
        self.bootstrap = f"127.0.0.1:{target.port}"
        self.classpath = classpath
        self.is_real = is_real

    def tool(self, main, *arguments, stdin=None, fails=False):
        result = subprocess.run(JVM + ["-cp", self.classpath, main, "--bootstrap-server", self.bootstrap, *arguments],
                                input=stdin, capture_output=True, text=True, timeout=90)
        assert (result.returncode != 0) == fails, f"{main} {arguments}: {result.stdout} {result.stderr}"
        return result.stdout + (result.stderr if fails else "")

    def topics(self, *arguments, **kw):
        return self.tool("org.apache.kafka.tools.TopicCommand", *arguments, **kw)

    def groups(self, *arguments, **kw):
        return self.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", *arguments, **kw)

    def kcat(self, *arguments, stdin=None):
        result = subprocess.run(["kcat", "-b", self.bootstrap, *arguments], input=stdin, capture_output=True, text=True,
                                timeout=60)
        assert result.returncode == 0, f"kcat {arguments}: {result.stdout} {result.stderr}"
        return result.stdout

    # kcat

    def kcat_lists_and_reads_every_codec(self):
        lines = "".join(f"key{i}:value {i}\n" for i in range(3000))
        for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
            topic = f"kcat-{codec}"
            self.topics("--create", "--topic", topic, "--partitions", "1")
            self.kcat("-P", "-t", topic, "-K", ":", "-z", codec, "-H", "name=text", stdin=lines)
            assert self.kcat("-C", "-t", topic, "-e", "-q", "-K", ":", "-X", "check.crcs=true") == lines
            shown = self.kcat("-C", "-t", topic, "-o", "2999", "-c", "1", "-f", "%o %k %s %h %p")
            assert shown == "2999 key2999 value 2999 name=text 0", shown
        assert 'topic "kcat-lz4" with 1 partitions' in self.kcat("-L")
        assert self.kcat("-Q", "-t", "kcat-gzip:0:-1").strip().endswith("offset 3000")

    def kcat_idempotent_and_group(self):
        self.topics("--create", "--topic", "kcat-group", "--partitions", "3")
        lines = [f"k{i}:{i}" for i in range(999)]
        self.kcat("-P", "-t", "kcat-group", "-K", ":", "-X", "enable.idempotence=true", stdin="\n".join(lines) + "\n")
        read = self.kcat("-G", "kcat-g", "-X", "auto.offset.reset=earliest", "-e", "-q", "-K", ":", "kcat-group")
        assert sorted(read.split()) == sorted(lines)
        assert self.kcat("-G", "kcat-g", "-X", "auto.offset.reset=earliest", "-e", "-q", "kcat-group") == ""

    # Kafka's command-line tools

    def cli_topics(self):
        assert "Created topic cli" in self.topics("--create", "--topic", "cli", "--partitions", "2", "--config",
                                                  "retention.ms=12345678")
        assert "already exists" in self.topics("--create", "--topic", "cli", fails=True)
        described = self.topics("--describe", "--topic", "cli")
        assert "PartitionCount: 2" in described and "retention.ms=12345678" in described, described
        self.topics("--alter", "--topic", "cli", "--partitions", "3")
        assert "PartitionCount: 3" in self.topics("--describe", "--topic", "cli")
        assert "cli" in self.topics("--list").split()
        assert "does not exist" in self.topics("--describe", "--topic", "no-such-topic", fails=True)

    def cli_configs(self):
        change = ["--alter", "--entity-type", "topics", "--entity-name", "cli", "--add-config"]
        assert "Completed" in self.tool("kafka.admin.ConfigCommand", *change, "cleanup.policy=[compact,delete]")
        shown = self.tool("kafka.admin.ConfigCommand", "--describe", "--entity-type", "topics", "--entity-name", "cli")
        assert "cleanup.policy=compact,delete" in shown and "retention.ms=12345678" in shown, shown
        self.tool("kafka.admin.ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name", "cli",
                  "--delete-config", "cleanup.policy")
        assert "InvalidConfiguration" in self.tool("kafka.admin.ConfigCommand", *change, "retention.ms=x", fails=True)
        everything = self.tool("kafka.admin.ConfigCommand", "--describe", "--all", "--entity-type", "topics",
                               "--entity-name", "cli")
        assert "min.insync.replicas=1" in everything
        assert "log.dirs" in self.tool("kafka.admin.ConfigCommand", "--describe", "--all", "--entity-type", "brokers",
                                       "--entity-name", "1")

    def cli_console_and_groups(self):
        lines = "".join(f"line {i}\n" for i in range(300))
        self.tool("kafka.tools.ConsoleProducer", "--topic", "cli", stdin=lines)
        read = self.tool("org.apache.kafka.tools.consumer.ConsoleConsumer", "--topic", "cli", "--from-beginning",
                         "--group", "cli-g", "--max-messages", "300", "--timeout-ms", "30000")
        assert sorted(read.splitlines()) == sorted(lines.splitlines()), read[:300]
        offsets = self.tool("org.apache.kafka.tools.GetOffsetShell", "--topic", "cli")
        assert sum(int(line.rsplit(":", 1)[1]) for line in offsets.split()) == 300, offsets
        assert "cli-g" in self.groups("--list").split(), "listed"
        described = self.groups("--describe", "--group", "cli-g")
        rows = [line.split() for line in described.splitlines() if line.startswith("cli-g")]
        assert len(rows) == 3 and all(row[5] == "0" for row in rows), described
        self.groups("--reset-offsets", "--group", "cli-g", "--topic", "cli", "--to-earliest", "--execute")
        described = self.groups("--describe", "--group", "cli-g")
        rows = [line.split() for line in described.splitlines() if line.startswith("cli-g")]
        assert sum(int(row[5]) for row in rows) == 300, described
        assert "Empty" in self.groups("--describe", "--group", "cli-g", "--state")
        assert "was successful" in self.groups("--delete", "--group", "cli-g")
        assert "cli-g" not in self.groups("--list").split()

    def cli_performance_and_deletion(self):
        produced = subprocess.run(
            JVM + ["-cp", self.classpath, "org.apache.kafka.tools.ProducerPerformance", "--topic", "cli", "--num-records",
                   "100000", "--record-size", "200", "--throughput", "-1", "--producer-props",
                   f"bootstrap.servers={self.bootstrap}"], capture_output=True, text=True, timeout=90)
        assert "100000 records sent" in produced.stdout, produced.stdout + produced.stderr
        read = self.tool("org.apache.kafka.tools.ConsumerPerformance", "--topic", "cli", "--messages", "100000",
                         "--timeout", "30000")
        assert re.search(r", 100[0-9]{3},", read), read
        self.topics("--delete", "--topic", "cli")
        assert "cli" not in self.topics("--list").split()

    # Whole lists in other languages

    def java_clients(self):
        more = [] if self.is_real else ["--no-transactions"]
        result = subprocess.run(JVM + ["-cp", self.classpath, str(HERE / "JavaCases.java"), self.bootstrap, *more],
                                timeout=240)
        assert result.returncode == 0, "see above"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", choices=["embedded", "real"], required=True)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--jars", type=pathlib.Path, required=True)
    parser.add_argument("--only", help="names of cases that contain this text")
    args = parser.parse_args()
    classpath = fetch_jars(args.jars.resolve())
    failed = 0
    with tempfile.TemporaryDirectory(prefix="venice-kafka-") as name:
        folder = pathlib.Path(name)
        target = (Embedded if args.target == "embedded" else Real)(args, classpath, folder)
        try:
            cases = Cases(target, classpath, args.target == "real")
            names = [n for n in Cases.__dict__ if re.match("(kcat|cli|java)_", n)]
            for case in names:
                if args.only and args.only not in case:
                    continue
                start = time.monotonic()
                try:
                    getattr(cases, case)()
                    print(f"ok   {case} ({time.monotonic() - start:.1f} s)", flush=True)
                except Exception as error:  # one case must not hide the others
                    failed += 1
                    line = error.__traceback__ and traceback.extract_tb(error.__traceback__)[-1].lineno
                    print(f"FAIL {case}, line {line}: {error}", flush=True)
            if args.target == "real" and not args.only:
                # The embedded server has this list in a test of its own.
                cases_test = subprocess.run([args.bin / "kafka_cases_test", "--gtest_brief=1"],
                                            env={**os.environ, "KAFKA_BOOTSTRAP": cases.bootstrap})
                failed += cases_test.returncode != 0
            if target.process.poll() is not None:
                failed += 1
                print(f"FAIL the server ended with {target.process.returncode}")
        finally:
            target.process.send_signal(signal.SIGTERM)
            try:
                target.process.wait(30)
            except subprocess.TimeoutExpired:
                target.process.kill()
                failed += 1
            if failed:
                print("".join((folder / "log").read_text().splitlines(True)[-30:]))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
