#!/usr/bin/env python3
"""Measures what it costs to have commands run by taskd, beside raw posix_spawn, the least program that is as durable and,
where it is installed, task-spooler.

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

from measure import Connection, Daemon, ask, compiled

JOBS = 1000
ROUNDS = 3


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


def least_rate(programs, directory, jobs):
    """Jobs a second of a program in C that does no more than what makes them durable."""
    state = tempfile.mkdtemp(prefix="taskd-least.", dir=directory)
    with Daemon(programs, state):
        pass
    runner = compiled("least_runner", directory, "-lsqlite3")
    shim = compiled("least_shim", directory, "-static", "-s", compiler="musl-gcc")
    return float(output(runner, state, shim, str(jobs), "/bin/true"))


def spooler_rate(spooler, jobs):
    """Jobs a second of task-spooler, each submitted by a client of its own, as there is no other way."""
    return client_rate([spooler, "-n", "/bin/true"], jobs, lambda: subprocess.run([spooler, "-w"], check=True))


def rates(programs, directory, path, spooler):
    """The medians of ROUNDS in which all take turns: jobs a second by who runs them."""
    spawn_rate, between = compiled("spawn_rate", directory), compiled("spawn_and_wait", directory, "-static")
    runs = {
        "posix_spawn": lambda: float(output(spawn_rate, str(JOBS), "/bin/true")),
        "pairs": lambda: float(output(spawn_rate, str(JOBS), between, "/bin/true")),
        "least": lambda: least_rate(programs, directory, JOBS),
        "taskd": lambda: taskd_rate(path, JOBS),
    }
    if spooler is not None:
        runs["tsp"] = lambda: spooler_rate(spooler, JOBS)
    rounds = [{name: run() for name, run in runs.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(figures[name] for figures in rounds) for name in runs}


def print_rates(rates):
    def of(name, other):
        return f"{100 * rates[name] / rates[other]:.0f} %"

    print(f"/bin/true, two at once: posix_spawn {rates['posix_spawn']:.0f}/s; with a process between, as a shim is, "
          f"{rates['pairs']:.0f}/s")
    print(f"the least that is as durable, in C: {rates['least']:.0f}/s")
    print(f"taskd {rates['taskd']:.0f}/s: {of('taskd', 'posix_spawn')}, {of('taskd', 'pairs')} and {of('taskd', 'least')}")
    if "tsp" in rates:
        print(f"tsp {rates['tsp']:.0f}/s: taskd runs {of('taskd', 'tsp')} of it, and the least {of('least', 'tsp')}")


def run_left(path):
    """Returns when no task is left to run."""
    connection = Connection(path)
    while (left := ask(connection, "GET", "/v1/tasks?state=queued,running")[1]["tasks"]):
        ask(connection, "POST", "/v1/wait", {"ids": [task["id"] for task in left]})


def main():
    programs = os.path.abspath(sys.argv[1])
    directory = tempfile.mkdtemp(prefix="taskd-commands.")
    spooler = shutil.which("tsp")
    os.environ.update(TS_SOCKET=f"{directory}/tsp.sock", TMPDIR=directory)
    try:
        if spooler is None:
            print("task-spooler is not installed (apt-get install task-spooler): nothing to compare with")
        else:
            subprocess.run([spooler, "-S", "2"], check=True)
        state = tempfile.mkdtemp(prefix="taskd-state.", dir=directory)
        with Daemon(programs, state, "--max-running", "2") as daemon:
            os.environ["TASKD_SOCKET"] = daemon.path
            print_rates(rates(programs, directory, daemon.path, spooler))
            taskctl = [f"{programs}/taskctl", "submit", "--"]
            ours = client_rate([*taskctl, "/bin/true"], JOBS, lambda: run_left(daemon.path))
            job = compiled("first_instruction", directory, "-static")
            latency = int(output(job, "200", f"{directory}/fifo", *taskctl, job, f"{directory}/fifo")) / 1000
            print(f"a client for each job: taskd {ours:.0f}/s; submit to first instruction {latency:.1f} ms (p50)")
            request = first_instruction(daemon.path, job, f"{directory}/fifo3", 200)
            print(f"over a connection: from the request to the first instruction {request:.1f} ms (p50)")
            if spooler is not None:
                theirs = int(output(job, "200", f"{directory}/fifo2", spooler, "-n", job, f"{directory}/fifo2")) / 1000
                print(f"a client for each job: tsp from submit to first instruction {theirs:.1f} ms (p50); taskd takes "
                      f"{latency / theirs:.2f} times that with a client, {request / theirs:.2f} without")
    finally:
        if spooler is not None:
            subprocess.run([spooler, "-K"], check=True)
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
