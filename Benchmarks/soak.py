#!/usr/bin/env python3
"""Gives taskd 100,000 tasks through ten deaths, and looks for what grows.

usage: soak.py DIRECTORY-OF-THE-PROGRAMS [TASKS]

Nine tasks of ten sleep for no time, some of them as members of a gather; one of ten is the command /bin/true. In each tenth
of them the daemon is killed while it works, started again, and looked at twice, half of the tenth apart, with nothing left to
do and the history pruned to 1,000 tasks. What grows in one life, and from life to life, is printed per 10,000 tasks: the
median, and the quartiles around it.
"""
import os
import shutil
import statistics
import sys
import tempfile

from measure import Daemon, ask, memory

ROUNDS = 10
KEPT = 1_000
LIST = [{"sleep": 0}] * 80 + [{"command": ["/bin/true"]}] * 10 + [{"gather": [{"sleep": 0}] * 9}]
"""100 tasks."""


def submit(connection, tasks):
    for _ in range(tasks // 100):
        status, answer = ask(connection, "POST", "/v1/tasks", LIST)
        while status == 503:  # more than the disk keeps up with
            wait_for_all(connection)
            status, answer = ask(connection, "POST", "/v1/tasks", LIST)
        assert status == 201, answer


def wait_for_all(connection):
    while True:
        _, answer = ask(connection, "GET", "/v1/tasks?state=queued,running&limit=1000")
        if not answer["tasks"]:
            return
        ask(connection, "POST", "/v1/wait", {"ids": [task["id"] for task in answer["tasks"]]})


def look(daemon, state):
    connection = daemon.connection()
    wait_for_all(connection)
    status, answer = ask(connection, "POST", "/v1/prune", {"keep": KEPT})
    assert status == 200, answer
    connection.close()
    pid = daemon.process.pid
    return {
        "memory, MiB": memory(pid),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "threads": len(os.listdir(f"/proc/{pid}/task")),
        "write-ahead log, MiB": os.path.getsize(f"{state}/history.sqlite-wal") / 2**20,
        "history file, MiB": os.path.getsize(f"{state}/history.sqlite") / 2**20,
        "directories of commands": len(os.listdir(f"{state}/tasks")),
    }


def live(programs, state, daemon, tasks):
    """A tenth of the soak: answers the daemon that is left, and how it looked in the middle and at the end."""
    connection = daemon.connection()
    submit(connection, tasks // 4)
    daemon.process.kill()
    daemon.process.wait()
    daemon = Daemon(programs, state)
    looks = []
    for share in (tasks // 4, tasks // 2):
        connection = daemon.connection()
        submit(connection, share)
        connection.close()
        looks.append(look(daemon, state))
    return daemon, looks


def spread(values):
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:+.2f} ({low:+.2f} to {high:+.2f})"


def main():
    programs = os.path.abspath(sys.argv[1])
    tasks = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    state = tempfile.mkdtemp(prefix="taskd-soak.")
    daemon = Daemon(programs, state)
    try:
        lives = []
        for _ in range(ROUNDS):
            daemon, looks = live(programs, state, daemon, tasks // ROUNDS)
            lives.append(looks)
        scale = 10_000 / (tasks // ROUNDS)
        print(f"{tasks:,} tasks, {ROUNDS} deaths, {KEPT:,} tasks kept; growth per 10,000 tasks, with its quartiles")
        print(f"{'':24} {'at first':>9} {'at last':>9}   in one life               from life to life")
        for name in lives[0][0]:
            within = spread([2 * scale * (end[name] - middle[name]) for middle, end in lives])
            ends = [end[name] for _, end in lives]
            across = spread([scale * (after - before) for before, after in zip(ends, ends[1:])])
            print(f"{name:24} {ends[0]:9.1f} {ends[-1]:9.1f}   {within:25} {across}")
    finally:
        daemon.process.kill()
        daemon.process.wait()
        shutil.rmtree(state)


if __name__ == "__main__":
    main()
