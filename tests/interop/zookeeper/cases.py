"""One list of cases, as data: what to do, and what must come of it. Every client runs it against every server.

A step is (operation, arguments..., expected). Paths are below a root of the case's own. Expected is a value or an
error's name; ANY accepts whatever comes.
"""

ANY = object()
NO_NODE, EXISTS, NOT_EMPTY, BAD_VERSION, NO_EPHEMERAL_CHILDREN, NO_AUTH, INVALID_ACL = (
    "NoNode", "NodeExists", "NotEmpty", "BadVersion", "NoChildrenForEphemerals", "NoAuth", "InvalidACL")

CASES = {
    "create_get_set_delete": [
        ("create", "/a", "one", "", "/a"),
        ("create", "/a", "two", "", EXISTS),
        ("create", "/x/y", "z", "", NO_NODE),
        ("get", "/a", "one"),
        ("set", "/a", "two", -1, 1),
        ("get", "/a", "two"),
        ("set", "/a", "three", 0, BAD_VERSION),
        ("set", "/a", "three", 1, 2),
        ("set", "/absent", "x", -1, NO_NODE),
        ("get", "/absent", NO_NODE),
        ("delete", "/a", 1, BAD_VERSION),
        ("delete", "/a", 2, None),
        ("delete", "/a", -1, NO_NODE),
        ("exists", "/a", False),
    ],
    "children": [
        ("children", "/", []),
        ("create", "/b", "", "", "/b"),
        ("create", "/a", "", "", "/a"),
        ("create", "/a/c", "", "", "/a/c"),
        ("children", "/", ["a", "b"]),
        ("children", "/a", ["c"]),
        ("children", "/absent", NO_NODE),
        ("delete", "/a", -1, NOT_EMPTY),
        ("delete", "/a/c", -1, None),
        ("delete", "/a", -1, None),
        ("children", "/", ["b"]),
    ],
    "stat": [
        ("create", "/s", "four", "", "/s"),
        ("stat", "/s", {"version": 0, "cversion": 0, "aversion": 0, "dataLength": 4, "numChildren": 0}),
        ("set", "/s", "longer", -1, 1),
        ("create", "/s/1", "", "", "/s/1"),
        ("create", "/s/2", "", "", "/s/2"),
        ("delete", "/s/1", -1, None),
        ("stat", "/s", {"version": 1, "cversion": 3, "aversion": 0, "dataLength": 6, "numChildren": 1}),
        ("stat", "/absent", NO_NODE),
    ],
    "sequential": [
        ("create", "/n-", "", "s", "/n-0000000000"),
        ("create", "/n-", "", "s", "/n-0000000001"),
        ("delete", "/n-0000000001", -1, None),
        ("create", "/n-", "", "s", "/n-0000000002"),
        ("create", "/other", "", "", "/other"),
        ("create", "/m-", "", "es", "/m-0000000004"),
    ],
    "ephemeral": [
        ("create", "/e", "x", "e", "/e"),
        ("get", "/e", "x"),
        ("create", "/e/child", "", "", NO_EPHEMERAL_CHILDREN),
        ("set", "/e", "y", -1, 1),
        ("ephemeral", "/e", True),
        ("ephemeral", "/", False),
    ],
    "empty_and_long_data": [
        ("create", "/empty", "", "", "/empty"),
        ("get", "/empty", ""),
        ("create", "/long", "x" * 2000, "", "/long"),
        ("get", "/long", "x" * 2000),
    ],
    "acl": [
        ("create", "/open", "", "", "/open"),
        ("getacl", "/open", [("world", "anyone", "cdrwa")]),
        ("setacl", "/open", [("world", "anyone", "r"), ("ip", "10.0.0.0/8", "cdrwa")], None),
        ("getacl", "/open", [("world", "anyone", "r"), ("ip", "10.0.0.0/8", "cdrwa")]),
        ("set", "/open", "x", -1, NO_AUTH),
        ("create", "/open/c", "", "", NO_AUTH),
        ("get", "/open", ""),
        ("setacl", "/open", [("world", "anyone", "cdrwa")], NO_AUTH),
        ("create", "/mine", "secret", "", "/mine"),
        ("setacl", "/mine", [("auth", "", "cdrwa")], INVALID_ACL),
        ("addauth", "alice:password", None),
        # The hash is ZooKeeper's own example of a digest: base64(sha1("alice:password")).
        ("setacl", "/mine", [("auth", "", "cdrwa")], None),
        ("getacl", "/mine", [("digest", "alice:%s", "cdrwa")]),
        ("get", "/mine", "secret"),
        ("stat", "/mine", {"aversion": 1}),
    ],
    "recursive": [
        ("create", "/r", "", "", "/r"),
        ("create", "/r/1", "", "", "/r/1"),
        ("create", "/r/1/2", "", "", "/r/1/2"),
        ("create", "/r/3", "", "", "/r/3"),
        ("count", "/r", 3),
        ("deleteall", "/r", None),
        ("exists", "/r", False),
    ],
    "sync": [("create", "/a", "", "", "/a"), ("sync", "/a", None), ("get", "/a", "")],
}


def digest(user_and_password):
    import base64
    import hashlib
    return base64.b64encode(hashlib.sha1(user_and_password.encode()).digest()).decode()


def fill(value):
    """Puts the digest of the case's user into expected access lists."""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return [(scheme, who % digest("alice:password") if "%s" in who else who, what) for scheme, who, what in value]
    return value
