#!/usr/bin/env python3
"""Measures what it costs to have commands run by taskd, beside raw posix_spawn and, where it is installed, task-spooler.

usage: commands.py DIRECTORY-OF-THE-PROGRAMS
"""
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from measure import Connection, ask, compiled

JOBS = 1000


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def taskd_rate(path, jobs):
    """Jobs a second from the first submit to the last end, all durable; submitted over HTTP in lists of 100."""
    connection = Connection(path)
    begin = time.perf_counter()
    ids = []
    for _ in range(jobs // 100):
        status, tasks = ask(connection, "POST", "/v1/tasks", [{"command": ["/bin/true"]}] * 100)
        assert status == 201, tasks
        ids += [task["id"] for task in tasks]
    _, answer = ask(connection, "POST", "/v1/wait", {"ids": ids})
    took = time.perf_counter() - begin
    assert all(task["state"] == "succeeded" for task in answer["done"]), "a job failed"
    return jobs / took


def client_rate(client, jobs, wait):
    """Jobs a second, each submitted by a client of its own, one after another."""
    begin = time.perf_counter()
    for _ in range(jobs):
        subprocess.run(client, check=True, stdout=subprocess.DEVNULL)
    wait()
    return jobs / (time.perf_counter() - begin)


def first_instruction(path, job, fifo, runs):
    """Milliseconds from sending a submit request to the first instruction of its command, the median."""
    os.mkfifo(fifo)
    told = os.open(fifo, os.O_RDWR)
    connection = Connection(path)
    times = []
    for _ in range(runs):
        begin = time.monotonic_ns() / 1000
        status, _ = ask(connection, "POST", "/v1/tasks", {"command": [job, fifo]})
        assert status == 201
        times.append((struct.unpack("d", os.read(told, 8))[0] - begin) / 1000)
    os.close(told)
    return statistics.median(times)


def main():
    programs = os.path.abspath(sys.argv[1])
    state = tempfile.mkdtemp(prefix="taskd-commands.")
    path = os.path.join(state, "taskd.sock")
    daemon = subprocess.Popen(
        [f"{programs}/taskd", "--state-dir", state, "--socket", path, "--max-running", "2"],
        stderr=subprocess.PIPE, text=True)
    spooler = shutil.which("tsp")
    environment = {**os.environ, "TS_SOCKET": f"{state}/tsp.sock", "TMPDIR": state}
    os.environ["TASKD_SOCKET"] = path
    try:
        while "ready" not in daemon.stderr.readline():
            pass
        spawn_rate = compiled("spawn_rate", state)
        raw = float(output(spawn_rate, str(JOBS), "/bin/true"))
        pairs = float(output(spawn_rate, str(JOBS), compiled("spawn_and_wait", state, "-static"), "/bin/true"))
        ours = taskd_rate(path, JOBS)
        print(f"/bin/true, two at once: posix_spawn {raw:.0f}/s; with a process between, as a shim is, {pairs:.0f}/s")
        print(f"taskd {ours:.0f}/s: {100 * ours / raw:.0f} % and {100 * ours / pairs:.0f} %")
        taskctl = [f"{programs}/taskctl", "submit", "--"]

        def idle():
            while ask(Connection(path), "GET", "/v1/tasks?state=queued,running&limit=1")[1]["tasks"]:
                _, left = ask(Connection(path), "GET", "/v1/tasks?state=queued,running")
                ask(Connection(path), "POST", "/v1/wait", {"ids": [task["id"] for task in left["tasks"]]})

        ours = client_rate([*taskctl, "/bin/true"], JOBS, idle)
        job = compiled("first_instruction", state, "-static")
        latency = int(output(job, "200", f"{state}/fifo", *taskctl, job, f"{state}/fifo")) / 1000
        print(f"a client for each job: taskd {ours:.0f}/s; submit to first instruction {latency:.1f} ms (p50)")
        request = first_instruction(path, job, f"{state}/fifo3", 200)
        print(f"over a connection: from the request to the first instruction {request:.1f} ms (p50)")
        if spooler is None:
            print("task-spooler is not installed (apt-get install task-spooler): nothing to compare with")
            return
        os.environ.update(environment)
        subprocess.run([spooler, "-S", "2"], check=True)
        theirs = client_rate([spooler, "-n", "/bin/true"], JOBS, lambda: subprocess.run([spooler, "-w"], check=True))
        their_latency = int(output(job, "200", f"{state}/fifo2", spooler, "-n", job, f"{state}/fifo2")) / 1000
        print(f"a client for each job: tsp {theirs:.0f}/s; submit to first instruction {their_latency:.1f} ms (p50)")
        print(f"taskd to tsp: {ours / theirs:.2f} times the jobs a second with a client for each, "
              f"{latency / their_latency:.2f} times the latency with a client, {request / their_latency:.2f} without")
        subprocess.run([spooler, "-K"], check=True)
    finally:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(state)


if __name__ == "__main__":
    main()
