"""The typed client that openapi-typescript makes from the document compiles, and works against a running controller."""
import json
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_generated_client(venice):
    place = pathlib.Path(run(ROOT / "scripts/test-node", "tests/openapi").strip())
    tools = place / "node_modules" / ".bin"
    for name in ("client.ts", "tsconfig.json"):
        shutil.copy(HERE / name, place / name)
    run(tools / "openapi-typescript", ROOT / "openapi.yaml", "--output", place / "controller.ts")
    run(tools / "tsc", "--project", place)
    told = json.loads(run("node", place / "out" / "client.js", venice.controller))
    assert told == {"owner": "types", "hybrid": None, "backup": "DELETE_ON_NEW_PUSH_START", "error_type": "STORE_NOT_FOUND",
                    "status": 400}
