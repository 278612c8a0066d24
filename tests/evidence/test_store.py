"""One contract over every adapter of `AttachmentStore`, and what only the folder has to promise."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from bot.errors import AttachmentNotFoundError
from bot.evidence.s3 import S3Address, S3Store
from bot.evidence.store import AttachmentStore, FolderStore, InMemoryStore

CONTENT = b"\xff\xd8 a photo \x00"
KEY = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["in_memory", "folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AttachmentStore]:
    if request.param == "s3":
        with mock_aws():
            yield make_s3_store()
    else:
        yield InMemoryStore() if request.param == "in_memory" else FolderStore(tmp_path)


def make_s3_store() -> S3Store:
    secrets = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    boto3.client("s3", region_name="us-east-1", **secrets).create_bucket(Bucket="evidence")
    return S3Store(
        S3Address("evidence", region="us-east-1", prefix="attachments/", access_key="key", secret_key="secret")
    )


async def test_what_is_put_comes_back_under_its_hash(store):
    assert await store.put(CONTENT) == KEY
    assert await store.get(KEY) == CONTENT
    assert await store.exists(KEY)


async def test_the_same_content_again_changes_nothing(store):
    assert await store.put(CONTENT) == await store.put(CONTENT) == KEY
    assert await store.get(KEY) == CONTENT


async def test_contents_do_not_mix(store):
    other = await store.put(b"another")

    assert not await store.exists(KEY)
    assert await store.get(other) == b"another"


async def test_what_was_never_put_is_not_there(store):
    assert not await store.exists(KEY)
    with pytest.raises(AttachmentNotFoundError):
        await store.get(KEY)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "AB" * 32, KEY + "/..", KEY[:-1]])
async def test_only_a_hash_is_a_key(store, key):
    await store.put(CONTENT)

    with pytest.raises(AttachmentNotFoundError):
        await store.get(key)


async def test_many_may_put_the_same_and_other_contents_at_once(store):
    contents = [b"%d" % (number % 5) for number in range(40)]

    keys = await asyncio.gather(*(store.put(content) for content in contents))

    assert [await store.get(key) for key in keys] == contents


async def test_an_object_store_keeps_everything_below_its_prefix():
    with mock_aws():
        await make_s3_store().put(CONTENT)
        listed = boto3.client("s3", region_name="us-east-1").list_objects_v2(Bucket="evidence")["Contents"]

    assert [entry["Key"] for entry in listed] == [f"attachments/{KEY[:2]}/{KEY[2:4]}/{KEY}"]


async def test_a_folder_has_two_levels_and_nothing_half_written(tmp_path):
    await FolderStore(tmp_path).put(CONTENT)

    files = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [f"{KEY[:2]}/{KEY[2:4]}/{KEY}"]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from bot.evidence import store
store.os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(store.FolderStore(Path(sys.argv[1])).put(b"\\xff\\xd8 a photo \\x00"))
"""


async def test_a_writer_that_is_killed_leaves_nothing_under_the_name(tmp_path):
    killed = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    store = FolderStore(tmp_path)

    assert killed.returncode == -signal.SIGKILL
    assert not await store.exists(KEY)
    assert await store.put(CONTENT) == KEY
    assert await store.get(KEY) == CONTENT


async def test_what_killed_writers_left_is_forgotten_after_a_day(tmp_path):
    store = FolderStore(tmp_path)
    await store.put(CONTENT)
    fresh, old = tmp_path / ".incoming" / "fresh", tmp_path / ".incoming" / "old"
    for path in (fresh, old):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))

    assert store.forget_abandoned() == 1
    assert (fresh.exists(), old.exists(), await store.exists(KEY)) == (True, False, True)
