#!/usr/bin/env python3
"""Measures what a person feels of taskd, each figure beside a yardstick of the same run.

usage: measure.py DIRECTORY-OF-THE-PROGRAMS

Prints: the time of `taskctl ping` beside a static C program that does the same round trip; what an idle daemon does in
five seconds; the daemon's memory with 10,000 finished tasks; how long a burst of tasks takes.
"""
import http.client
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("taskd")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


class Daemon:
    """A private daemon on a state directory."""

    def __init__(self, programs, state, *flags):
        self.path = os.path.join(state, "taskd.sock")
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [f"{programs}/taskd", "--state-dir", state, "--socket", self.path, *flags], stderr=subprocess.PIPE, text=True)
        while "ready" not in (line := self.process.stderr.readline()):
            assert line, "taskd did not start"
        self.start = time.perf_counter() - begin
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def connection(self):
        return Connection(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def ask(connection, method, path, body=None):
    connection.request(method, path, None if body is None else json.dumps(body))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def median_start(timer, command, runs=300):
    """The median wall time of `command` from start to end in milliseconds."""
    for warm_up in (20, runs):
        answer = subprocess.run([timer, str(warm_up), *command], check=True, capture_output=True, text=True)
    return int(answer.stdout) / 1000


def compiled(name, directory, *options, compiler="cc"):
    program = os.path.join(directory, name)
    subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-o", program, f"{HERE}/{name}.c", *options], check=True)
    return program


def memory(pid, kind="VmRSS"):
    """The resident memory of a process in MiB, or its peak (VmHWM)."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(kind)) / 1024


def idle_calls(pid, seconds):
    """What strace -c counts of a process that nobody asks for anything: every wake-up is at least one call."""
    traced = subprocess.run(
        ["timeout", "-s", "INT", str(seconds), "strace", "-f", "-c", "-qq", "-p", str(pid)],
        capture_output=True, text=True)
    return sum(int(line.split()[3]) for line in traced.stderr.splitlines() if line.split()[-1:] != ["total"] and line[:1] == " ")


def bare_idle_calls(directory, seconds):
    program = os.path.join(directory, "idle")
    subprocess.run(["swiftc", "-O", "-parse-as-library", "-o", program, f"{HERE}/idle.swift"], check=True)
    idle = subprocess.Popen([program])
    try:
        time.sleep(15)
        return idle_calls(idle.pid, seconds)
    finally:
        idle.terminate()
        idle.wait()


def percentile(values, share):
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def waiter_latency(path, crowd=1000, rounds=300):
    """How long after the answer to the call that ends a task a waiter for it has its own answer, with a crowd waiting too.

    Milliseconds; below zero when the waiter knows first. The task is a held one that is cancelled.
    """
    control = Connection(path)
    _, bystander = ask(control, "POST", "/v1/tasks", {"sleep": 0, "hold": True})
    others = []
    for _ in range(crowd):
        other = Connection(path)
        other.request("POST", "/v1/wait", json.dumps({"ids": [bystander["id"]]}))
        others.append(other)
    waiter = Connection(path)
    known, told = [], []
    for _ in range(rounds):
        _, task = ask(control, "POST", "/v1/tasks", {"sleep": 0, "hold": True})
        waiter.request("POST", "/v1/wait", json.dumps({"ids": [task["id"]]}))
        time.sleep(0.005)  # so that the waiter waits; what is measured begins after it
        control.request("POST", f"/v1/tasks/{task['id']}/cancel")
        begin = time.perf_counter()
        sockets, ended = [control.sock, waiter.sock], {}
        while sockets:
            for ready in select.select(sockets, [], [])[0]:
                ended[ready] = time.perf_counter()
                sockets.remove(ready)
        control.getresponse().read()
        waiter.getresponse().read()
        told.append((ended[waiter.sock] - begin) * 1000)
        known.append((ended[waiter.sock] - ended[control.sock]) * 1000)
    ask(control, "POST", f"/v1/tasks/{bystander['id']}/cancel")
    for other in others:
        other.getresponse().read()
        other.close()
    return told, known


def gather_memory(path, pid, members=10_000):
    """By how many KiB a member the peak of the daemon's memory grows in a gather of so many."""
    connection = Connection(path)
    with open(f"/proc/{pid}/clear_refs", "w") as reset:
        reset.write("5")
    before = memory(pid)
    _, task = ask(connection, "POST", "/v1/tasks", {"gather": [{"sleep": 0}] * members})
    _, answer = ask(connection, "POST", "/v1/wait", {"ids": [task["id"]]})
    assert len(answer["done"][0]["result"]) == members
    return (memory(pid, "VmHWM") - before) * 1024 / members


def main():
    programs = os.path.abspath(sys.argv[1])
    state = tempfile.mkdtemp(prefix="taskd-measure.")
    path = os.path.join(state, "taskd.sock")
    daemon = subprocess.Popen(
        [f"{programs}/taskd", "--state-dir", state, "--socket", path], stderr=subprocess.PIPE, text=True)
    try:
        while "ready" not in daemon.stderr.readline():
            pass
        timer = compiled("start_time", state)
        c = median_start(timer, [compiled("round_trip", state, "-static"), path])
        ping = median_start(timer, [f"{programs}/taskctl", "ping", "--socket", path])
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

        print(f"peak of the memory in a gather of 10,000: {gather_memory(path, daemon.pid):.2f} KiB a member")
        told, known = waiter_latency(path)
        print("a waiter among 1,000 others is told "
              f"{percentile(told, .5):.1f} ms (p50) and {percentile(told, .99):.1f} ms (p99) after the end was asked for, "
              f"{percentile(known, .5):.2f} ms and {percentile(known, .99):.2f} ms after the call that asked has its answer")

        connection.close()
        time.sleep(20)  # the threads that were busy end meanwhile
        print(f"memory after 20 s of rest: {memory(daemon.pid):.1f} MiB")
        print(f"system calls in 10 idle seconds: {idle_calls(daemon.pid, 10)}, "
              f"of a Swift program that only waits: {bare_idle_calls(state, 10)}")
    finally:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(state)


if __name__ == "__main__":
    main()
