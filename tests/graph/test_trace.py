import json

from calculators_for_tests import function

from firsthand.core import ManualClock
from firsthand.graph import Graph, GraphBuilder, Tracer


def traced(tracer, work, threads=0):
    g = GraphBuilder()
    first = g.node(function(work), inputs=[g.input("in")], outputs=["x"], name="first")
    g.node(function(lambda x: x), inputs=[first[0]], outputs=["y"], name="second")
    with Graph(g.build()).start(trace=tracer, threads=threads) as run:
        for t in range(3):
            run.add("in", t, t * 1000)


def test_every_call_is_recorded_with_its_times():
    clock = ManualClock()

    def work(x):
        clock.advance(40)
        return x

    tracer = Tracer(clock)
    traced(tracer, work)
    calls = [(c.node, c.phase, c.timestamp) for c in tracer.calls if c.phase == "process"]
    assert calls == [(n, "process", t) for t in (0, 1000, 2000) for n in ("first", "second")]
    assert tracer.busy_us() == {"first": [40, 40, 40], "second": [0, 0, 0]}
    assert {c.phase for c in tracer.calls} == {"open", "process", "close"}


def test_the_file_is_a_chrome_trace(tmp_path):
    tracer = Tracer()
    traced(tracer, lambda x: x, threads=1)
    tracer.write(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    complete = [e for e in events if e["ph"] == "X"]
    assert {e["name"] for e in complete} == {"first", "second"}
    assert all(e["dur"] >= 0 and isinstance(e["ts"], int) for e in complete)
    names = {e["tid"]: e["args"]["name"] for e in events if e["ph"] == "M"}
    assert {names[e["tid"]] for e in complete if e["cat"] == "process"} == {"graph-main-0"}


def test_a_long_trace_keeps_the_newest_calls():
    tracer = Tracer(ManualClock(), limit=10)
    traced(tracer, lambda x: x)
    traced(tracer, lambda x: x)
    assert len(tracer.calls) <= 10
    assert tracer.dropped > 0
    assert tracer.calls[-1].phase == "close"
