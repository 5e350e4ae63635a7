"""Small calculators the graph tests are written with."""

from firsthand.graph import STOP, Calculator, Graph, GraphBuilder, Packet
from firsthand.graph.calculators import PassThrough
from firsthand.graph.packet import EMPTY


def function(fn, *, tags_in=(0,), tag_out=0, offset=0, policy=None, bounds=False):
    """A calculator class that sends fn(payloads...) at the input's time, None sends nothing."""

    class Function(Calculator):
        @classmethod
        def contract(cls, contract):
            for tag in tags_in:
                contract.input(tag)
            contract.output(tag_out, optional=True)
            contract.timestamp_offset = offset
            contract.policy = policy
            contract.process_timestamp_bounds = bounds

        def process(self, ctx):
            payloads = [ctx.inputs[t].payload for t in tags_in]
            value = fn(*payloads)
            if value is not None:
                ctx.send(tag_out, value)

    return Function


def join(n, *, offset=0, policy=None, bounds=False):
    """Sends the tuple of its inputs' payloads, None where there is no packet."""

    class Join(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.inputs_of("", at_least=n)
            contract.output(0)
            contract.timestamp_offset = offset
            contract.policy = policy
            contract.process_timestamp_bounds = bounds

        def process(self, ctx):
            values = tuple(None if p.payload is EMPTY else p.payload for p in ctx.inputs.packets)
            ctx.send(0, values)

    return Join


def source(count, step=1, start=0):
    """Sends 0..count-1, then stops."""

    class Source(Calculator):
        @classmethod
        def contract(cls, contract):
            contract.output(0)

        def open(self, ctx):
            self.i = 0

        def process(self, ctx):
            if self.i == count:
                return STOP
            ctx.outputs[0].add(Packet(self.i, start + step * self.i))
            self.i += 1
            return None

    return Source


class Recorder(Calculator):
    """Records each call in the list given as side packet LOG."""

    @classmethod
    def contract(cls, contract):
        contract.inputs_of("")
        contract.outputs_of("")
        contract.side_input("LOG", list)
        contract.timestamp_offset = 0

    def open(self, ctx):
        self.log = ctx.side["LOG"]
        self.log.append((ctx.name, "open", ctx.timestamp))

    def process(self, ctx):
        self.log.append((ctx.name, "process", ctx.timestamp))
        for packet, port in zip(ctx.inputs.packets, ctx.outputs.ports, strict=False):
            if packet.payload is not EMPTY:
                port.add(packet)

    def close(self, ctx):
        self.log.append((ctx.name, "close", ctx.graph_error))


def watched(log):
    """A PassThrough that reports calls after or during its close, and double closes."""

    class Watched(PassThrough):
        def open(self, ctx):
            super().open(ctx)
            self.calls = 0
            self.closed = False
            log.append(("open", ctx.name))

        def process(self, ctx):
            if self.closed:
                log.append(("process after close", ctx.name))
            self.calls += 1
            try:
                return super().process(ctx)
            finally:
                self.calls -= 1

        def close(self, ctx):
            if self.closed or self.calls:
                log.append(("close at a bad time", ctx.name))
            self.closed = True
            log.append(("close", ctx.name))

    return Watched


def chain(count, calculator=PassThrough, settings=None, **node_settings):
    """A graph of `count` nodes in a row, from stream `in` to streams `s0`, `s1` and so on."""

    g = GraphBuilder()
    stream = g.input("in")
    for i in range(count):
        stream = g.node(calculator, inputs=[stream], outputs=[f"s{i}"], **node_settings)[0]
    return Graph(g.build(**(settings or {})))
