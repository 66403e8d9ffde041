"""The clients that run the cases: kazoo, and ZooKeeper's own command line."""

import re
import subprocess
import threading
import queue

import kazoo.client
import kazoo.exceptions
import kazoo.security

PERMISSIONS = {"r": 1, "w": 2, "c": 4, "d": 8, "a": 16}
ERRORS = {
    kazoo.exceptions.NoNodeError: "NoNode",
    kazoo.exceptions.NodeExistsError: "NodeExists",
    kazoo.exceptions.NotEmptyError: "NotEmpty",
    kazoo.exceptions.BadVersionError: "BadVersion",
    kazoo.exceptions.NoChildrenForEphemeralsError: "NoChildrenForEphemerals",
    kazoo.exceptions.NoAuthError: "NoAuth",
    kazoo.exceptions.InvalidACLError: "InvalidACL",
}


def letters(permissions):
    return "".join(letter for letter in "cdrwa" if PERMISSIONS[letter] & permissions)


class Kazoo:
    name = "kazoo"

    def __init__(self, address, root):
        self.root = root
        self.client = kazoo.client.KazooClient(hosts=address, timeout=10)
        self.client.start(timeout=20)
        if self.client.exists(root):
            self.client.delete(root, recursive=True)
        self.client.create(root)

    def close(self):
        self.client.stop()
        self.client.close()

    def path(self, path):
        return self.root + path if path != "/" else self.root

    def run(self, operation, *arguments):
        try:
            return getattr(self, operation)(*arguments)
        except kazoo.exceptions.KazooException as error:
            if type(error) in ERRORS:
                return ERRORS[type(error)]
            raise

    def create(self, path, data, flags):
        created = self.client.create(self.path(path), data.encode(), ephemeral="e" in flags, sequence="s" in flags)
        return created[len(self.root):]

    def get(self, path):
        return self.client.get(self.path(path))[0].decode()

    def set(self, path, data, version):
        return self.client.set(self.path(path), data.encode(), version).version

    def delete(self, path, version):
        self.client.delete(self.path(path), version)

    def exists(self, path):
        return self.client.exists(self.path(path)) is not None

    def children(self, path):
        return sorted(self.client.get_children(self.path(path)))

    def stat(self, path):
        stat = self.client.get(self.path(path))[1]
        return {"version": stat.version, "cversion": stat.cversion, "aversion": stat.aversion,
                "dataLength": stat.dataLength, "numChildren": stat.numChildren}

    def ephemeral(self, path):
        return self.client.exists(self.path(path)).ephemeralOwner == self.client.client_id[0]

    def getacl(self, path):
        return [(acl.id.scheme, acl.id.id, letters(acl.perms)) for acl in self.client.get_acls(self.path(path))[0]]

    def setacl(self, path, acls):
        self.client.set_acls(self.path(path), [
            kazoo.security.ACL(sum(PERMISSIONS[letter] for letter in what), kazoo.security.Id(scheme, who))
            for scheme, who, what in acls])

    def addauth(self, user_and_password):
        self.client.add_auth("digest", user_and_password)

    def count(self, path):
        children = self.client.get_children(self.path(path))
        return len(children) + sum(self.count(path + "/" + child) for child in children)

    def deleteall(self, path):
        self.client.delete(self.path(path), recursive=True)

    def sync(self, path):
        self.client.sync(self.path(path))


class ZkCli:
    """ZooKeeper's own command line, fed through its standard input. A question about a node that is never there ends
    each command's output."""

    name = "zkcli"
    ERRORS = [("Node does not exist", "NoNode"), ("Node already exists", "NodeExists"), ("Node not empty", "NotEmpty"),
              ("version No is not valid", "BadVersion"), ("Ephemerals cannot have children", "NoChildrenForEphemerals"),
              ("Insufficient permission", "NoAuth"), ("Authentication is not valid", "NoAuth"),
              ("Acl is not valid", "InvalidACL"), ("InvalidACL", "InvalidACL")]

    def __init__(self, address, root):
        self.root = root
        self.marker = 0
        self.events = []  # lines of watch events
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            ["java", "-cp", "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-nop.jar:/usr/share/java/commons-cli.jar",
             "org.apache.zookeeper.ZooKeeperMain", "-server", address, "-waitforconnection"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        threading.Thread(target=self.read, daemon=True).start()
        self.command("deleteall " + root)
        assert self.command("create %s ''" % root) == "Created " + root

    def read(self):
        for line in self.process.stdout:
            if line.startswith("WatchedEvent") and "type:None" not in line:
                self.events.append(line.split(" ", 1)[1].strip())
            self.lines.put(line.rstrip("\n"))

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)

    def command(self, text):
        self.marker += 1
        end = "/no-such-node-%d" % self.marker
        self.process.stdin.write("%s\nget %s\n" % (text, end))
        self.process.stdin.flush()
        output = []
        while True:
            line = re.sub(r"^\[zk: [^]]*\] ", "", self.lines.get(timeout=30))
            if end in line:
                return "\n".join(output).strip()
            if line and not line.startswith(("WATCHER::", "WatchedEvent", "Welcome", "JLine support", "Connecting to")):
                output.append(line)

    def run(self, operation, *arguments):
        result = getattr(self, operation)(*arguments)
        if isinstance(result, str):
            for text, name in self.ERRORS:
                if text in result:
                    return name
        return result

    def path(self, path):
        return self.root + path if path != "/" else self.root

    def create(self, path, data, flags):
        options = ("-s " if "s" in flags else "") + ("-e " if "e" in flags else "")
        output = self.command("create %s%s '%s'" % (options, self.path(path), data))
        return output.removeprefix("Created " + self.root)

    def get(self, path):
        output = self.command("get " + self.path(path))
        return "" if output == "null" else output

    def set(self, path, data, version):
        wanted = "" if version == -1 else " -v %d" % version
        output = self.command("set -s%s %s '%s'" % (wanted, self.path(path), data))
        found = re.search(r"dataVersion = (\d+)", output)
        return int(found[1]) if found else output

    def delete(self, path, version):
        return self.command("delete %s %s" % ("" if version == -1 else "-v %d" % version, self.path(path))) or None

    def exists(self, path):
        return "cZxid" in self.command("stat " + self.path(path))

    def children(self, path):
        output = self.command("ls " + self.path(path))
        if not output.startswith("["):
            return output
        return sorted(name for name in output.strip("[]").split(", ") if name)

    def stat(self, path):
        output = self.command("stat " + self.path(path))
        fields = dict(re.findall(r"(\w+) = (\S+)", output))
        if "dataVersion" not in fields:
            return output
        return {"version": int(fields["dataVersion"]), "cversion": int(fields["cversion"]),
                "aversion": int(fields["aclVersion"]), "dataLength": int(fields["dataLength"]),
                "numChildren": int(fields["numChildren"])}

    def ephemeral(self, path):
        return "ephemeralOwner = 0x0\n" not in self.command("stat " + self.path(path))

    def getacl(self, path):
        found = re.findall(r"'(\w+),'([^\n]*)\n: (\w+)", self.command("getAcl " + self.path(path)))
        return [(scheme, who, "".join(sorted(what, key="cdrwa".index))) for scheme, who, what in found]

    def setacl(self, path, acls):
        text = ",".join("%s:%s:%s" % acl for acl in acls)
        return self.command("setAcl %s %s" % (self.path(path), text)) or None

    def addauth(self, user_and_password):
        return self.command("addauth digest " + user_and_password) or None

    def count(self, path):
        return int(self.command("getAllChildrenNumber " + self.path(path)))

    def deleteall(self, path):
        return self.command("deleteall " + self.path(path)) or None

    def sync(self, path):
        return None if self.command("sync " + self.path(path)).startswith("Sync") else "sync failed"
