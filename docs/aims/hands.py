"""What hand tracking and the graph below it set out for."""

from board import Row, Times, above, at_least, at_most

HAND_SETS = (("handpose_x", "handpose_x"), ("onehand10k", "OneHand10K"))

GRAPH_AND_HANDS = (
    *(
        Row(
            f"One hand, {name}: MediaPipe's time over ours",
            f"hands_speed.ratio_{name}_1",
            at_least(1.2),
            (("MediaPipe", f"ms_{name}_1_mediapipe"), ("ours", f"ms_{name}_1_ours")),
            "x",
            "The landmark model, the same kernels on both sides, takes nearly all of a frame.",
        )
        for name in ("lite", "full")
    ),
    *(
        Row(
            f"Two allowed, one in view, {name}: MediaPipe's over ours",
            f"hands_speed.ratio_{name}_2_one_visible",
            at_least(1.5),
            (
                ("MediaPipe", f"ms_{name}_2_one_visible_mediapipe"),
                ("ours", f"ms_{name}_2_one_visible_ours"),
            ),
            "x",
        )
        for name in ("lite", "full")
    ),
    Row(
        "Farthest keypoint from MediaPipe's, any frame",
        "hands_speed.max_px_difference",
        at_most(1.0),
        (("half of them within", "median_px_difference"),),
        reason="Without AVX-512 the same models round otherwise in the two runtimes, and tracking "
        "carries that on; with it all are equal to the bit.",
    ),
    *(
        Row(
            f"Error over palm size, {title}",
            f"hands_accuracy.error_{name}",
            at_most(Times(1.01, f"error_{name}_mediapipe_full")),
            (("MediaPipe", f"error_{name}_mediapipe_full"),),
            "%",
        )
        for name, title in HAND_SETS
    ),
    *(
        Row(
            f"Hands found, {title}",
            f"hands_accuracy.detected_{name}",
            at_least(f"detected_{name}_mediapipe_full"),
            (("MediaPipe", f"detected_{name}_mediapipe_full"),),
            "%",
        )
        for name, title in (
            ("sign_digits", "sign digits"),
            ("hagrid", "HaGRID's sample"),
        )
    ),
    Row(
        "Small hands found, COCO-WholeBody's sample",
        "hands_accuracy.detected_coco_wholebody",
        above("detected_coco_wholebody_mediapipe_full"),
        (
            ("MediaPipe", "detected_coco_wholebody_mediapipe_full"),
            ("ours, in tiles", "detected_coco_wholebody_tiles"),
        ),
        "%",
        "The palm detector is MediaPipe's, and sees the whole picture in few pixels; tiles help, "
        "and cost false hands.",
    ),
    Row("Gestures right, ten ASL digits", "hands_gestures.accuracy_rules_asl_digits", unit="%"),
    Row("Gestures right, HaGRID's sample", "hands_gestures.accuracy_rules_hagrid", unit="%"),
    Row("Gestures right, kinivi's rows", "hands_gestures.accuracy_rules_kinivi", unit="%"),
    Row(
        "Gestures right, five examples each",
        "hands_gestures.accuracy_examples_5",
        peers=(("kinivi's features", "accuracy_examples_plain_5"),),
        unit="%",
    ),
    Row("`import firsthand`", "hands_speed.import_ms", at_most(50.0)),
    Row("From start to the first keypoints", "hands_speed.start_ms"),
    Row(
        "Peak memory until then",
        "hands_speed.peak_mb",
        at_most("peak_mb_mediapipe_import"),
        (("MediaPipe once imported", "peak_mb_mediapipe_import"),),
    ),
    Row(
        "A packet through 10 nodes",
        "graph_chain.us_per_packet",
        at_most("us_per_packet_mediapipe"),
        (("MediaPipe", "us_per_packet_mediapipe"),),
    ),
    Row(
        "MediaPipe's packet over ours, both in the calling thread",
        "graph_chain.ratio_calling_thread",
        at_least(1.0),
        unit="x",
    ),
    Row(
        "MediaPipe's packet over ours, both on threads",
        "graph_chain.ratio_threads",
        at_least(1.0),
        unit="x",
    ),
    Row("An hour of video: frames lost", "graph_endurance.missing", at_most(0.0)),
    Row("An hour of video: out of order", "graph_endurance.out_of_order", at_most(0.0)),
    Row("An hour of video: memory grown", "graph_endurance.growth_mb", at_most(1.0)),
    Row(
        "Planted faults that ended by themselves",
        "graph_endurance.faults_ended",
        at_least("faults_tried"),
        (("tried", "faults_tried"),),
    ),
)
