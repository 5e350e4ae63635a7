"""Flower's SecAgg+ as a peer: its own workflow and client mod, driven in one process."""

import copy
import logging
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from flwr.app import Context, Message, RecordDict
from flwr.client.mod.secure_aggregation import secaggplus_mod
from flwr.common import Code, FitRes, Status, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.compat.common import recorddict_compat as compat
from flwr.server import LegacyContext, ServerConfig
from flwr.server.client_manager import SimpleClientManager
from flwr.server.client_proxy import ClientProxy
from flwr.server.strategy import FedAvg
from flwr.server.workflow.secure_aggregation import SecAggPlusWorkflow
from flwr.supercore.task_identity import TaskIdentity

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from worker import collector_paused, serve

SERVER = 1_000_000
TaskIdentity.run_id = TaskIdentity.task_id = 1
TaskIdentity.node_id = SERVER
logging.getLogger("flwr").setLevel(logging.CRITICAL)


class Proxy(ClientProxy):
    """A client that the workflow knows by its number; messages go through the grid."""

    def get_properties(self, *_, **__):
        raise NotImplementedError

    def get_parameters(self, *_, **__):
        raise NotImplementedError

    def fit(self, *_, **__):
        raise NotImplementedError

    def evaluate(self, *_, **__):
        raise NotImplementedError

    def reconnect(self, *_, **__):
        raise NotImplementedError


class Grid:
    """Hands messages to clients at once, and keeps their time apart from the server's."""

    def __init__(self, vector, gone):
        self.vector, self.gone = vector, gone
        self.contexts, self.client_s = {}, {}
        self.calls, self.wire_s = 0, 0.0

    def send_and_receive(self, messages, **_):
        self.calls += 1
        replies = []
        for message in messages:
            node = message.metadata.dst_node_id
            if node in self.gone and self.calls > 2:  # lost with its vector, as ours are
                continue
            context = self.contexts.setdefault(node, Context(1, node, {}, RecordDict(), {}))
            TaskIdentity.node_id = node
            before = time.process_time()
            message = copy.deepcopy(message)  # in place of the wire: some are one object for all
            self.wire_s += time.process_time() - before
            before = time.process_time()
            reply = secaggplus_mod(message, context, self.train)
            self.client_s[node] = self.client_s.get(node, 0.0) + time.process_time() - before
            replies.append(reply)
        TaskIdentity.node_id = SERVER
        return replies

    def train(self, message, _):
        result = FitRes(Status(Code.OK, ""), ndarrays_to_parameters([self.vector]), 1, {})
        return Message(compat.fitres_to_recorddict(result, False), reply_to=message)


def secure_sum(devices, length, shares, threshold, gone):
    """One round over vectors of floats; CPU seconds of the server and of each client."""
    rng = np.random.default_rng(0)
    vector = rng.uniform(-1, 1, length).astype(np.float32)
    manager = SimpleClientManager()
    for node in range(1, devices + 1):
        proxy = Proxy(str(node))
        proxy.node_id = node
        manager.register(proxy)
    strategy = FedAvg(
        fraction_fit=1.0,
        min_fit_clients=devices,
        min_available_clients=devices,
        initial_parameters=ndarrays_to_parameters([vector]),
    )
    context = LegacyContext(Context(1, 0, {}, RecordDict(), {}), ServerConfig(1), strategy, manager)
    from flwr.common import ConfigRecord
    from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD, Key

    context.state.config_records[MAIN_CONFIGS_RECORD] = ConfigRecord({Key.CURRENT_ROUND: 1})
    context.state.array_records[MAIN_PARAMS_RECORD] = compat.parameters_to_arrayrecord(
        ndarrays_to_parameters([vector]), True
    )
    grid = Grid(vector, set(range(1, gone + 1)))
    workflow = SecAggPlusWorkflow(
        shares, threshold, max_weight=1.0, clipping_range=8.0, quantization_range=2**20
    )
    with collector_paused():
        before = time.process_time()
        workflow(grid, context)
        whole = time.process_time() - before
    found = parameters_to_ndarrays(
        compat.arrayrecord_to_parameters(context.state.array_records[MAIN_PARAMS_RECORD], True)
    )[0]
    times = list(grid.client_s.values())
    return {
        "server_cpu_s": whole - sum(times) - grid.wire_s,
        "client_cpu_ms": 1000 * float(np.median(times)),
        "error": float(np.abs(found - vector).max()),
        "calls": grid.calls,
    }


def versions():
    return {"flwr": version("flwr"), "python": sys.version.split()[0]}


if __name__ == "__main__":
    serve({"secure_sum": secure_sum, "versions": versions})
