"""Measuring: latency side by side, intervals, memory, peers, and the benchmark results contract.

Nothing heavy is loaded here: a submodule is when one of its names is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.measure.bootstrap import (
        Interval,
        bootstrap_mean,
        bootstrap_median,
        bootstrap_proportion,
        bootstrap_quantile,
        bootstrap_ratio,
        bootstrap_statistic,
        wilson,
    )
    from firsthand.measure.comparison import Comparison, Latency
    from firsthand.measure.detection import (
        ImageBoxes,
        average_precision,
        average_precision_interval,
        box_overlaps,
    )
    from firsthand.measure.latency import (
        Elapsed,
        Warmup,
        collector_paused,
        compare,
        sentinel_kernel,
    )
    from firsthand.measure.machine import Machine, describe_machine, package_versions
    from firsthand.measure.memory import CommandUse, measure_command, peak_memory_bytes
    from firsthand.measure.peer_environment import PeerEnvironment
    from firsthand.measure.peers import Peer, Reply
    from firsthand.measure.pinning import Pinning, available_cpus, pinned
    from firsthand.measure.plots import (
        house_axes,
        plot_confusion,
        plot_lines,
        plot_log_log,
        plot_ratios,
        plot_scatter,
    )
    from firsthand.measure.results import (
        BenchmarkResult,
        Figure,
        last_line,
        print_last_line,
        read,
        to_markdown,
        write,
    )
    from firsthand.measure.script import Findings, Options, data_root, run_benchmark
    from firsthand.measure.single_stream import Rules, measure_streams
    from firsthand.measure.streams import Stream, StreamLatency, Streams
    from firsthand.measure.tables import (
        figures_markdown,
        figures_rich,
        format_number,
        markdown_table,
    )

_HOMES = {
    "bootstrap": (
        "Interval",
        "bootstrap_mean",
        "bootstrap_median",
        "bootstrap_proportion",
        "bootstrap_quantile",
        "bootstrap_ratio",
        "bootstrap_statistic",
        "wilson",
    ),
    "comparison": ("Comparison", "Latency"),
    "detection": ("ImageBoxes", "average_precision", "average_precision_interval", "box_overlaps"),
    "latency": ("Elapsed", "Warmup", "collector_paused", "compare", "sentinel_kernel"),
    "machine": ("Machine", "describe_machine", "package_versions"),
    "memory": ("CommandUse", "measure_command", "peak_memory_bytes"),
    "peer_environment": ("PeerEnvironment",),
    "peers": ("Peer", "Reply"),
    "pinning": ("Pinning", "available_cpus", "pinned"),
    "plots": (
        "house_axes",
        "plot_confusion",
        "plot_lines",
        "plot_log_log",
        "plot_ratios",
        "plot_scatter",
    ),
    "results": (
        "BenchmarkResult",
        "Figure",
        "last_line",
        "print_last_line",
        "read",
        "to_markdown",
        "write",
    ),
    "script": ("Findings", "Options", "data_root", "run_benchmark"),
    "single_stream": ("Rules", "measure_streams"),
    "streams": ("Stream", "StreamLatency", "Streams"),
    "tables": ("figures_markdown", "figures_rich", "format_number", "markdown_table"),
}

__all__ = [
    "BenchmarkResult",
    "CommandUse",
    "Comparison",
    "Elapsed",
    "Figure",
    "Findings",
    "ImageBoxes",
    "Interval",
    "Latency",
    "Machine",
    "Options",
    "Peer",
    "PeerEnvironment",
    "Pinning",
    "Reply",
    "Rules",
    "Stream",
    "StreamLatency",
    "Streams",
    "Warmup",
    "available_cpus",
    "average_precision",
    "average_precision_interval",
    "bootstrap_mean",
    "bootstrap_median",
    "bootstrap_proportion",
    "bootstrap_quantile",
    "bootstrap_ratio",
    "bootstrap_statistic",
    "box_overlaps",
    "collector_paused",
    "compare",
    "data_root",
    "describe_machine",
    "figures_markdown",
    "figures_rich",
    "format_number",
    "house_axes",
    "last_line",
    "markdown_table",
    "measure_command",
    "measure_streams",
    "package_versions",
    "peak_memory_bytes",
    "pinned",
    "plot_confusion",
    "plot_lines",
    "plot_log_log",
    "plot_ratios",
    "plot_scatter",
    "print_last_line",
    "read",
    "run_benchmark",
    "sentinel_kernel",
    "to_markdown",
    "wilson",
    "write",
]


__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
