"""How visitors feel each other: python -m benchmarks.visitors [start] [training] [crowd]

start      from asking for a training to its first update, worker by worker
training   time of another visitor's page interaction, while nobody and while somebody trains an RBM
crowd      50 visitors with the RBM page open (the chains move in the browsers): the server's cores, interaction times

A visitor is a websocket that speaks Streamlit's protocol as a browser does: runs of the page, fragments that ask to run
again. An interaction is a run of the page's mathematics with another value of a control, from the request to its end.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

ROOT = Path(__file__).parents[1]
NUM_VISITORS, NUM_INTERACTIONS, BETWEEN = 50, 100, 0.2


@contextlib.contextmanager
def server():
    """(address, process id) of a server of its own, warm."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health"):
                break
            time.sleep(0.1)
        time.sleep(15)  # its imports and those of the fork server go on in the background
        yield f"127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(30)


class Visitor:
    """One session, listening until it is closed."""

    def __init__(self, socket):
        self.socket, self.buttons, self.polls = socket, {}, {}
        self.finished, self.texts = asyncio.Event(), []
        self.listening = asyncio.create_task(self.listen())

    async def listen(self) -> None:
        async for content in self.socket:
            message = ForwardMsg.FromString(content)
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "button":
                self.buttons[message.delta.new_element.button.label] = message.delta.new_element.button.id
            elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "progress":
                self.texts.append(message.delta.new_element.progress.text)
            elif kind == "auto_rerun":
                asked = message.auto_rerun
                if asked.fragment_id in self.polls:
                    self.polls[asked.fragment_id].cancel()
                self.polls[asked.fragment_id] = asyncio.create_task(self.poll(asked.fragment_id, asked.interval))
            elif kind == "script_finished":
                self.finished.set()

    async def poll(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.ask(fragment_id=fragment, is_auto_rerun=True)

    def stop_polls(self) -> None:
        for task in self.polls.values():
            task.cancel()
        self.polls = {}

    async def ask(self, query: str = "", press: str | None = None, **fields) -> None:
        message = BackMsg()
        message.rerun_script.page_name = "rbm"
        message.rerun_script.query_string = query
        for name, value in fields.items():
            setattr(message.rerun_script, name, value)
        if press is not None:
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = self.buttons[press], True
        await self.socket.send(message.SerializeToString())

    async def run(self, query: str, press: str | None = None) -> float:
        """Seconds that a run of the page takes."""
        self.stop_polls()
        self.finished.clear()
        began = time.perf_counter()
        await self.ask(query, press)
        await asyncio.wait_for(self.finished.wait(), 60)
        return time.perf_counter() - began

    async def leave(self) -> None:
        self.stop_polls()
        self.listening.cancel()
        await self.socket.close()


async def arrive(address: str, section: str) -> Visitor:
    socket = await connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], max_size=None)
    visitor = Visitor(socket)
    await visitor.run(f"rbm_section={section}")
    return visitor


async def interactions(visitor: Visitor, server_pid: int) -> str:
    """Median and 95th percentile over many interactions, and the processor time of each, in milliseconds."""
    times, before = [], cpu_seconds(server_pid)
    for i in range(NUM_INTERACTIONS):
        times.append(await visitor.run(f"rbm_section=Mathematics&rbm_small_seed={1 + i}"))
        await asyncio.sleep(BETWEEN)
    p50, p95 = np.percentile(times[5:], [50, 95]) * 1000  # the first ones import
    computed = (cpu_seconds(server_pid) - before) / NUM_INTERACTIONS * 1000
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms ({computed:.0f} ms of the processor)"


def measure_start() -> None:
    from ui.rbm import training as rbm_training
    from ui.training import processes
    from ui.training.workers import Workers

    workers = Workers(slots=1)
    task = rbm_training.make_task({control.name: control.default for control in rbm_training.CONTROLS})
    processes.warm()
    for kind in ("with a cold fork server", *["with a warm fork server"] * 5):
        began = time.perf_counter()
        job = workers.submit(task, "visitor")
        job.wait_for(lambda now: now.step, 60)
        print(f"first update of a 784-100 RBM {kind}: {time.perf_counter() - began:.2f} s")
        job.stop()
        job.wait(10)
    workers.shutdown()


async def measure_training(address: str, server_pid: int) -> None:
    other = await arrive(address, "Mathematics")
    print(f"interaction of a visitor, nobody trains: {await interactions(other, server_pid)}")
    trainer = await arrive(address, "Train")
    await trainer.run("rbm_section=Train&rbm_train_num_epochs=60", press="Train")
    await asyncio.sleep(3)
    before = cpu_seconds(server_pid), time.perf_counter()
    print(f"interaction of a visitor, another trains: {await interactions(other, server_pid)}")
    print(f"the server's process: {cores(server_pid, *before):.2f} cores; the training: {trainer.texts[-1]}")
    await trainer.leave()
    await other.leave()


async def measure_crowd(address: str, server_pid: int) -> None:
    crowd = [await arrive(address, "Stage") for _ in range(NUM_VISITORS)]
    await asyncio.sleep(3)
    before = cpu_seconds(server_pid), time.perf_counter()
    await asyncio.sleep(20)
    print(f"{NUM_VISITORS} visitors watch the RBM stage: {cores(server_pid, *before):.3f} cores of the server")
    other = await arrive(address, "Mathematics")
    print(f"interaction of a visitor beside them: {await interactions(other, server_pid)}")
    for visitor in [*crowd, other]:
        await visitor.leave()


def cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def cores(pid: int, cpu_before: float, began: float) -> float:
    return (cpu_seconds(pid) - cpu_before) / (time.perf_counter() - began)


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["start", "training", "crowd"]
    if "start" in chosen:
        measure_start()
    if {"training", "crowd"} & set(chosen):
        with server() as (address, pid):
            for name, measure in (("training", measure_training), ("crowd", measure_crowd)):
                if name in chosen:
                    asyncio.run(measure(address, pid))
