"""The two servers the cases run against: ours in a process of its own, and ZooKeeper's own from its jars."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

BIN = pathlib.Path(os.environ.get("VENICE_BIN", "build/dev/bin"))
JARS = ["/usr/share/java/zookeeper.jar", "/usr/share/java/slf4j-nop.jar"]
START_LIMIT_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def four_letter_word(port, word):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(word.encode())
        text = b""
        while part := connection.recv(65536):
            text += part
        return text.decode()


def wait_until(condition, limit_s=15):
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("condition not met within %s s" % limit_s)
        time.sleep(0.01)


class Server:
    process = None
    port = 0

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


class Embedded(Server):
    def __init__(self, folder, *flags):
        self.folder = pathlib.Path(folder)
        self.flags = flags
        self.start()

    def start(self):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BIN / "embedded-zookeeper", "--data-dir", self.folder / "data", "--port", str(self.port),
             "--port-file", port_file, *self.flags])
        wait_until(lambda: port_file.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, "embedded-zookeeper ended with %s" % self.process.returncode
        self.port = int(port_file.read_text())


class Real(Server):
    """Debian's ZooKeeper 3.8, standalone."""

    def __init__(self, folder):
        self.port = free_port()
        config = pathlib.Path(folder) / "zoo.cfg"
        config.write_text(
            "tickTime=500\ndataDir=%s/data\nclientPort=%d\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n"
            "4lw.commands.whitelist=*\nmaxClientCnxns=0\n" % (folder, self.port))
        self.process = subprocess.Popen(
            ["java", "-Xmx256m", "-cp", ":".join(JARS), "org.apache.zookeeper.server.ZooKeeperServerMain", config],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, START_LIMIT_S)

    def answers(self):
        try:
            return four_letter_word(self.port, "ruok") == "imok"
        except OSError:
            return False


def real_available():
    return shutil.which("java") is not None and all(os.path.exists(jar) for jar in JARS)
