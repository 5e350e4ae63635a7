import firsthand.measure


def test_exports_are_sorted_unique_and_exist():
    names = firsthand.measure.__all__
    assert names == sorted(set(names))
    for name in names:
        assert getattr(firsthand.measure, name).__module__.startswith("firsthand.measure.")


def test_public_names_are_frozen():
    assert " ".join(firsthand.measure.__all__) == (
        "BenchmarkResult CommandUse Comparison Elapsed Figure Findings ImageBoxes Interval "
        "Latency Machine Options Peer PeerEnvironment Pinning Reply Rules Stream StreamLatency "
        "Streams Warmup available_cpus average_precision average_precision_interval bootstrap_mean "
        "bootstrap_median bootstrap_proportion bootstrap_quantile bootstrap_ratio "
        "bootstrap_statistic box_overlaps collector_paused compare data_root describe_machine "
        "figures_markdown figures_rich format_number house_axes last_line markdown_table "
        "measure_command measure_streams package_versions peak_memory_bytes pinned plot_confusion "
        "plot_lines plot_log_log plot_ratios plot_scatter print_last_line read run_benchmark "
        "sentinel_kernel to_markdown wilson write"
    )
