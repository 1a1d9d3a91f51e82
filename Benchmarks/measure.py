#!/usr/bin/env python3
"""Measures what a person feels of taskd, each figure beside a yardstick of the same run.

usage: measure.py DIRECTORY-OF-THE-PROGRAMS

Prints: the time of `taskctl ping` beside a static C program that does the same round trip; what an idle daemon does in
five seconds; the daemon's memory with 10,000 finished tasks; how long a burst of tasks takes.
"""
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("taskd")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None):
    connection.request(method, path, None if body is None else json.dumps(body))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def milliseconds(command, runs=200):
    """The median wall time of `command` in milliseconds, after a warm-up."""
    times = []
    for _ in range(runs + 10):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times[10:])


def memory(pid):
    """The resident memory of a process in MiB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def switches(pid):
    """How often the threads of a process have been put on a processor of their own will."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status") as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt"))
    return total


def main():
    programs = os.path.abspath(sys.argv[1])
    state = tempfile.mkdtemp(prefix="taskd-measure.")
    path = os.path.join(state, "taskd.sock")
    daemon = subprocess.Popen(
        [f"{programs}/taskd", "--state-dir", state, "--socket", path], stderr=subprocess.PIPE, text=True)
    try:
        while "ready" not in daemon.stderr.readline():
            pass
        compiler = shutil.which("cc") or shutil.which("clang")
        yardstick = os.path.join(state, "round_trip")
        subprocess.run([compiler, "-O2", "-static", "-o", yardstick, f"{HERE}/round_trip.c"], check=True)
        c = milliseconds([yardstick, path])
        ping = milliseconds([f"{programs}/taskctl", "ping", "--socket", path])
        print(f"round trip: static C {c:.2f} ms, taskctl ping {ping:.2f} ms, ratio {ping / c:.1f}")

        connection = Connection(path)
        print(f"memory when empty: {memory(daemon.pid):.1f} MiB")
        begin = time.perf_counter()
        for _ in range(10):
            status, tasks = ask(connection, "POST", "/v1/tasks", [{"sleep": 0}] * 1000)
            assert status == 201, tasks
        submitted = time.perf_counter() - begin
        ids = [task["id"] for task in tasks]
        ask(connection, "POST", "/v1/wait", {"ids": ids})
        while ask(connection, "GET", "/v1/health")[1]["tasks"]["succeeded"] < 10_000:
            _, open_tasks = ask(connection, "GET", "/v1/tasks?state=queued,running&limit=1000")
            if open_tasks["tasks"]:
                ask(connection, "POST", "/v1/wait", {"ids": [task["id"] for task in open_tasks["tasks"]]})
        took = time.perf_counter() - begin
        print(f"10,000 tasks in lists of 1,000: {10_000 / submitted:.0f}/s acknowledged, {10_000 / took:.0f}/s done")
        print(f"memory with 10,000 finished tasks: {memory(daemon.pid):.1f} MiB")

        connection.close()
        time.sleep(1)
        before = switches(daemon.pid)
        time.sleep(5)
        print(f"wake-ups of the idle daemon in 5 s: {switches(daemon.pid) - before}")
    finally:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(state)


if __name__ == "__main__":
    main()
