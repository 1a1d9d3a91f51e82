#!/usr/bin/env python3
"""Measures the store: durable submits beside SQLite's and the disk's own rates, and what tasks in the file cost.

usage: store.py DIRECTORY-OF-THE-PROGRAMS [CHART.svg]

Prints one table; draws the cost against the number of tasks where a file for the chart is named.
"""
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from measure import Daemon, ask, compiled, memory

SIZES = [1_000, 10_000, 100_000, 1_000_000]
HELD = {"sleep": 0, "hold": True}


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def median(work, runs):
    return 1000 * statistics.median(seconds(work) for _ in range(runs))


# The yardsticks

def fdatasync_rate(state, count=2000):
    file = os.open(f"{state}/raw", os.O_RDWR | os.O_CREAT)
    page = bytes(4096)

    def sync():
        for number in range(count):
            os.pwrite(file, page, 4096 * (number % 256))
            os.fdatasync(file)
    return count / seconds(sync)


TASK = """INSERT INTO tasks (name, kind, state, is_composite, job, directory, shield, queue, priority, max_attempts,
    waiting_for, labels, submitted_at, submitted_uid, submitted_gid, submitted_pid) VALUES ('t', 'sleep', 'held', 0,
    '{"sleep":0,"hold":true}', '/', 0, 'default', 0, 1, '{"start":true}', '{}', '2026-11-24T00:00:00.000Z', 0, 0, 1)"""
EVENT = "INSERT INTO events (task_id, at, type) VALUES (last_insert_rowid(), '2026-11-24T00:00:00.000Z', 'submitted')"


def raw_commit_rate(path, batch, commits):
    """Rows a second of the same tables, each batch one commit with synchronous = FULL."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous = FULL")

    def commit():
        for _ in range(commits):
            database.execute("BEGIN IMMEDIATE")
            for _ in range(batch):
                database.execute(TASK)
                database.execute(EVENT)
            database.execute("COMMIT")
    return batch * commits / seconds(commit)


# Submitting

def submit_rate(path, client, connections, body, jobs, requests):
    """Tasks a second that are acknowledged at a socket, by a client in C that has so many connections."""
    text = json.dumps(body).encode()
    head = f"POST /v1/tasks HTTP/1.1\r\nhost: taskd\r\ncontent-length: {len(text)}\r\n\r\n".encode()
    with tempfile.NamedTemporaryFile() as file:
        file.write(head + text)
        file.flush()
        command = [client, path, str(connections), str(requests), file.name]
        return jobs * float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def least_submit_rate(state, client, requests):
    """What a server in C acknowledges over one connection that commits the same rows and does nothing else."""
    path = f"{state}/least.sock"
    server = subprocess.Popen(
        [compiled("least_acceptor", state, "-lsqlite3"), f"{state}/history.sqlite", path], stdout=subprocess.PIPE, text=True)
    try:
        assert "ready" in server.stdout.readline(), "the least server did not start"
        return submit_rate(path, client, 1, HELD, 1, requests)
    finally:
        server.kill()
        server.wait()


def rates(programs):
    state = tempfile.mkdtemp(prefix="taskd-store.")
    with Daemon(programs, state):
        pass
    raw = tempfile.mkdtemp(prefix="taskd-raw.")
    for name in ("history.sqlite", "history.sqlite-wal"):
        if os.path.exists(f"{state}/{name}"):
            shutil.copy(f"{state}/{name}", raw)
    sync = fdatasync_rate(raw)
    single = statistics.median(raw_commit_rate(f"{raw}/history.sqlite", 1, 1500) for _ in range(5))
    batched = statistics.median(raw_commit_rate(f"{raw}/history.sqlite", 1000, 15) for _ in range(5))
    print(f"raw: fdatasync {sync:.0f}/s; SQLite FULL commits of a task and its event {single:.0f}/s; "
          f"rows in commits of 1,000 {batched:.0f}/s")
    client = compiled("submit_rate", raw)
    least = least_submit_rate(raw, client, 5000)
    print(f"a server in C that does the same commits: {least:6.0f}/s, {least / single:.2f} of the raw commit rate")
    with Daemon(programs, state) as daemon:
        for connections in (1, 4, 16, 64):
            rate = submit_rate(daemon.path, client, connections, HELD, 1, 5000)
            print(f"submits, {connections:2} connections: {rate:6.0f}/s, {rate / single:.2f} of the raw commit rate")
        for jobs in (100, 1000):
            rate = submit_rate(daemon.path, client, 1, [HELD] * jobs, jobs, 20_000 // jobs)
            print(f"submits in lists of {jobs:4}: {rate:6.0f} tasks/s, {rate / batched:.2f} of the raw batched rate")
    shutil.rmtree(state)
    shutil.rmtree(raw)


# Sizes

def fill(path, count, state):
    """Puts so many tasks into the file: queued in a queue that runs one at a time, or done."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("BEGIN")
    database.execute("INSERT OR IGNORE INTO queues (name, max_running) VALUES ('many', 1)")
    done = state == "succeeded"
    database.execute(f"""
        INSERT INTO tasks (name, kind, state, is_composite, job, shield, queue, priority, max_attempts, labels,
            submitted_at, started_at, finished_at, done_seq, result, attempt)
        WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {count})
        SELECT 'many-' || i, 'sleep', '{state}', 0, '{{"sleep":"1h","queue":"many"}}', 0, 'many', 0, 1, '{{}}',
            '2026-11-24T00:00:00.000Z', {"'2026-11-24T00:00:00.000Z', '2026-11-24T00:00:01.000Z', i, '1', 1"
             if done else "NULL, NULL, NULL, NULL, 0"} FROM n""")
    database.execute("""INSERT INTO events (task_id, at, type)
        SELECT id, submitted_at, 'submitted' FROM tasks WHERE queue = 'many'""")
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def costs(programs, size, kind):
    """Restart in seconds, memory in MiB, and the medians of some requests in ms, with so many tasks in the file."""
    state = tempfile.mkdtemp(prefix="taskd-size.")
    with Daemon(programs, state) as daemon:
        empty = memory(daemon.process.pid)
    fill(f"{state}/history.sqlite", size, kind)
    with Daemon(programs, state, "--max-running", "16") as daemon:
        connection = daemon.connection()

        def claim():
            _, task = ask(connection, "POST", "/v1/tasks", {"sleep": 0})
            ask(connection, "POST", "/v1/wait", {"ids": [task["id"]]})
        figures = {
            "restart": daemon.start,
            "submit": median(lambda: ask(connection, "POST", "/v1/tasks", HELD), 200),
            "run": median(claim, 100),
            "list": median(lambda: ask(connection, "GET", "/v1/tasks?order=desc&limit=50"), 100),
            "status": median(lambda: ask(connection, "GET", f"/v1/tasks?state={kind}&order=desc&limit=50"), 100),
            "health": median(lambda: ask(connection, "GET", "/v1/health"), 20),
            "memory": memory(daemon.process.pid) - empty,
        }
    shutil.rmtree(state)
    return figures


def draw(path, table):
    """The medians against the number of queued tasks, both axes logarithmic, as SVG."""
    import math
    names = ["submit", "run", "list", "status"]
    colours = ["#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad"]
    low, high = 0.1, 100.0
    x = lambda size: 70 + 150 * (math.log10(size) - 3)
    y = lambda value: 260 - 220 * (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low))
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 320" font-family="sans-serif" font-size="12">',
             '<rect width="640" height="320" fill="white"/>']
    for value in (0.1, 1, 10, 100):
        lines.append(f'<path d="M70 {y(value):.0f}H520" stroke="#ddd"/><text x="62" y="{y(value) + 4:.0f}" '
                     f'text-anchor="end">{value:g} ms</text>')
    for size in SIZES:
        lines.append(f'<text x="{x(size):.0f}" y="280" text-anchor="middle">{size:,}</text>')
    lines.append('<text x="295" y="305" text-anchor="middle">tasks queued in the file</text>')
    for name, colour in zip(names, colours):
        points = " ".join(f"{x(size):.0f},{y(max(table[size][name], low)):.0f}" for size in SIZES)
        last = y(max(table[SIZES[-1]][name], low))
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="530" y="{last + 4:.0f}" fill="{colour}">{name}</text>')
    with open(path, "w") as file:
        file.write("\n".join(lines + ["</svg>"]) + "\n")


def main():
    programs = os.path.abspath(sys.argv[1])
    rates(programs)
    for kind in ("queued", "succeeded"):
        table = {}
        for size in SIZES:
            table[size] = figures = costs(programs, size, kind)
            print(f"{size:9,} {kind}: restart {figures['restart']:.2f} s, {figures['memory']:5.1f} MiB above empty; "
                  + ", ".join(f"{name} {figures[name]:.2f} ms" for name in ("submit", "run", "list", "status", "health")))
        if kind == "queued" and len(sys.argv) > 2:
            draw(sys.argv[2], table)


if __name__ == "__main__":
    main()
