"""Batches in processes of their own: killed at any moment, on a cluster that loses workers, in bounded memory."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from equindex import batch
from equindex.batch import journal
from test_batch import built, bytes_of, data, laid

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

FRAMEWORK = 'id = "x"\n[methods]\nnormalise = "zscore"\n' + "".join(
    f'[[indicator]]\nid = "{i}"\n' for i in "abcd"
)


def started(*words):
    """Start the command in a process of its own."""
    code = "from equindex.batch import sources; sources._UNIT_ROWS = 1; from equindex.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "batch", *map(str, words), "--quiet"],
        stderr=subprocess.PIPE,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"},
    )


def done(*words):
    process = started(*words)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_run_killed_at_random_moments_ends_with_the_same_files(tmp_path):
    source = laid(tmp_path / "data", data(rows=6000), files=4, group=150)
    (tmp_path / "framework.toml").write_text(FRAMEWORK)
    given = (tmp_path / "framework.toml", source, "-o")
    begun = time.perf_counter()
    done(*given, tmp_path / "whole")
    took = time.perf_counter() - begun
    moments = random.Random(7)
    kills, unfinished = 0, 0

    for attempt in range(20):
        out = tmp_path / f"killed-{attempt}"
        for _ in range(3):
            more = ["--resume"] if (out / journal.WORK / "journal.jsonl").exists() else []
            if (out / "provenance.json").exists() and not more:
                break
            begun = time.perf_counter()
            process = started(*given, out, *more)
            try:
                process.communicate(timeout=took * moments.uniform(0.3, 0.95))
                took = time.perf_counter() - begun  # ended before its moment came: the next ones come sooner
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            kills += process.returncode == -signal.SIGKILL
            unfinished += (out / journal.WORK / "journal.jsonl").exists()
            assert (out / "provenance.json").exists() or not (out / "fitted.json").exists()
        if not (out / "provenance.json").exists() or (out / journal.WORK).exists():
            more = ["--resume"] if (out / journal.WORK / "journal.jsonl").exists() else ["--force"]
            done(*given, out, *more)

        assert bytes_of(out) == bytes_of(tmp_path / "whole")
        if kills >= 20 and unfinished >= 5:
            return

    raise AssertionError(f"{kills} runs were killed, {unfinished} of them half-way")


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_writes_the_same_bytes(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 1)
    source = laid(tmp_path / "data", data(rows=12_000), files=4, group=100)
    batch.run(built(normalise="zscore"), source, tmp_path / "here")
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
         "--no-dashboard", "--scheduler-file", str(tmp_path / "scheduler.json")],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    workers = []
    try:
        end = time.monotonic() + 60
        while not (tmp_path / "scheduler.json").exists():
            assert time.monotonic() < end
            time.sleep(0.1)
        file = str(tmp_path / "scheduler.json")
        for name in "abc":
            workers.append(
                subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "distributed.cli.dask_worker",
                        "--scheduler-file",
                        file,
                        "--name",
                        name,
                        "--nthreads",
                        "1",
                        "--no-nanny",
                        "--no-dashboard",
                        "--local-directory",
                        str(tmp_path / name),
                    ],
                    stderr=subprocess.DEVNULL,
                )
            )
        with distributed.Client(scheduler_file=file, set_as_default=False) as client:
            address = client.scheduler.address
            client.wait_for_workers(3, timeout=60)
        stages = []

        def half_way(stage, at, total):
            stages.append((stage, at))
            if stage == "Scoring" and at > total / 3 and workers[0].poll() is None:
                workers[0].kill()

        batch.run(
            built(normalise="zscore"),
            source,
            tmp_path / "there",
            engine="dask",
            address=address,
            progress=half_way,
        )
        assert workers[0].poll() is not None
    finally:
        for process in [*workers, scheduler]:
            process.kill()
            process.wait()

    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told in other units")
def test_memory_does_not_grow_with_the_rows(tmp_path):
    leaves = [f"i{at}" for at in range(20)]
    (tmp_path / "framework.toml").write_text(
        'id = "x"\n[methods]\nnormalise = "zscore"\n'
        + "".join(f'[[indicator]]\nid = "{i}"\n' for i in leaves)
    )
    rng = np.random.default_rng(1)
    peaks = []
    for times in (8, 32):
        path = tmp_path / f"{times}.parquet"
        writer = None
        for part in range(times):
            rows = 1 << 16
            frame = pd.DataFrame(rng.random((rows, 20)), columns=leaves)
            frame.insert(0, "region", [f"{part * rows + at:09d}" for at in range(rows)])
            frame.insert(1, "year", 2020 + part)
            table = pa.Table.from_pandas(frame, preserve_index=False)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
        writer.close()
        code = (
            "import sys; from equindex.cli import app; app(sys.argv[1:], standalone_mode=False); "
            "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"  # not that of who started it
        )
        words = [
            "batch",
            str(tmp_path / "framework.toml"),
            str(path),
            "-o",
            str(tmp_path / f"out{times}"),
            "-q",
        ]
        told = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
        )
        peaks.append(int(told.stdout) // 1024)

    assert peaks[1] < peaks[0] * 1.25
    assert peaks[1] < 600
