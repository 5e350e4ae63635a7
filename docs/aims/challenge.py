"""What the on-device challenge set out for."""

from board import Row, at_least

CHALLENGE = (
    *(
        Row(
            f"Right within 33 ms an image, {title}",
            f"challenge_models.score_{name}",
            peers=(("right of all", f"accuracy_{name}"), ("an image", f"ms_{name}")),
        )
        for name, title in (
            ("mobilenet_v1_025_128", "MobileNetV1 0.25, 128"),
            ("mobilenet_v1_050_160", "MobileNetV1 0.5, 160"),
            ("mobilenet_v1_075_192", "MobileNetV1 0.75, 192"),
            ("mobilenet_v2_100_224", "MobileNetV2 1.0, 224"),
        )
    ),
    Row(
        "Rank correlation of operations and time",
        "challenge_latency.spearman_macs_latency",
        peers=(
            ("float", "spearman_macs_latency_float"),
            ("int8", "spearman_macs_latency_int8"),
        ),
    ),
    Row(
        "Equal operations, times as far apart as",
        "challenge_latency.worst_equal_macs_ratio",
        at_least(2.0),
        (
            ("float", "worst_equal_macs_ratio_float"),
            ("int8", "worst_equal_macs_ratio_int8"),
        ),
        "x",
    ),
    *(
        Row(
            f"MobileNetV2 at 224, {kind}, LiteRT",
            f"challenge_latency.ms_litert_{kind}",
            peers=(("ONNX Runtime", f"ms_onnx_{kind}"),),
        )
        for kind in ("float", "int8")
    ),
    Row(
        "Models whose intervals overlap, two runs",
        "challenge_latency.repeatability",
        at_least(0.95),
        unit="%",
    ),
    Row(
        "Models whose intervals overlap, busy neighbour",
        "challenge_latency.repeatability_busy",
        at_least(0.95),
        (("blocks marked", "marked_busy"), ("marked when quiet", "marked_quiet")),
        "%",
    ),
    Row(
        "Detection within 100 ms an image",
        reason="No detector with published weights was at hand.",
    ),
    Row(
        "An Android phone, an ARM board",
        reason="None was at hand: ssh is tested against a server on the same machine, adb against "
        "published output.",
    ),
)
