"""kill -9 of the whole of Venice at random moments of push and serving: no version is lost, none is served by half, and
the push resumes or fails with its reason."""
import random
import subprocess
import time

import harness
from harness import BIN, pairs, wait_until, write_avro

ROUNDS = 10
RECORDS = 20_000


def consistent(venice, versions):
    """The tag of the one version all sampled answers come from; every key of it must be there."""
    sample = range(0, RECORDS, RECORDS // 40)
    values = [venice.value("killed", f"key-{i:06d}") for i in sample]
    assert None not in values, f"keys are missing: {values}"
    tags = {value.rsplit("-", 1)[0] for value in values}
    assert len(tags) == 1, f"answers of two versions at rest: {tags}"
    assert [int(value.rsplit("-", 1)[1]) for value in values] == list(sample)
    tag = tags.pop()
    assert tag in versions, f"{tag} was never acknowledged nor being pushed: {versions}"
    return tag


def test_ten_kills(tmp_path):
    dice = random.Random(20261121)
    venice = harness.Standalone(tmp_path).start()
    try:
        venice.new_store("killed")
        venice.push("killed", write_avro(tmp_path / "in.avro", pairs(RECORDS, "r0")))
        acknowledged = "r0"
        for number in range(1, ROUNDS + 1):
            tag = f"r{number}"
            write_avro(tmp_path / "in.avro", pairs(RECORDS, tag))
            push = subprocess.Popen([BIN / word if i == 0 else word for i, word in enumerate(
                venice.push_command("killed", tmp_path / "in.avro", "--controller.request.retry.attempts", "2",
                                    "--poll.status.retry.attempts", "2"))],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            # A push of this size takes about a second: the kill falls before, in and after its stages.
            time.sleep(dice.uniform(0.02, 1.6))
            venice.kill()
            venice.start(seconds=60)
            try:
                output, _ = push.communicate(timeout=180)
            except subprocess.TimeoutExpired:
                push.kill()
                raise AssertionError(f"round {number}: the push hangs after a restart:\n{push.communicate()[0]}")
            assert push.returncode is not None and push.returncode >= 0, f"round {number}: crashed\n{output}"
            if push.returncode == 0:
                acknowledged = tag
            else:
                assert output.strip(), "a failed push says why"

            wait_until(lambda: venice.get("killed", "key-000000")[0] == 200, 60, f"round {number}: served again")
            # The killed push may have been complete in the log: then it may still become current, whole.
            served = consistent(venice, {acknowledged, tag})
            if push.returncode == 0:
                wait_until(lambda: venice.value("killed", "key-000000") == f"{tag}-0", 60, f"round {number}: {tag} served")
            print(f"round {number}: push ended with {push.returncode}, served {served}")
            acknowledged = served if push.returncode != 0 else acknowledged
        # And after all that a push works as ever.
        write_avro(tmp_path / "in.avro", pairs(RECORDS, "last"))
        venice.push("killed", tmp_path / "in.avro")
        wait_until(lambda: venice.value("killed", "key-000000") == "last-0", 60, "the last version served")
        consistent(venice, {"last"})
    finally:
        venice.stop()


def test_clean_stop_and_quick_start(tmp_path):
    venice = harness.Standalone(tmp_path).start()
    try:
        venice.new_store("kept")
        venice.push("kept", write_avro(tmp_path / "in.avro", pairs(500, "kept")))
        assert venice.stop() == 0
        venice.start()
        wait_until(lambda: venice.value("kept", "key-000003") == "kept-3", 20, "served after a restart")
    finally:
        venice.stop()
