"""What hand models of our own set out for."""

from board import Row, Times, above, at_least, at_most, below

HAND_SETS = (("handpose_x", "handpose_x"), ("onehand10k", "OneHand10K"))
FEW_REAL_HANDS = (
    "Real hands that may be learnt from are those of sign digits, which fill the picture; people "
    "in rooms are missing from it."
)
SCENES = ("handshake", "clasp", "overlap")

HANDS_TRAINING = (
    *(
        Row(
            f"Error over palm size, {title}",
            f"hands_accuracy.error_own_{name}",
            at_most(Times(1.5, f"error_{name}_mediapipe_full")),
            (("MediaPipe full", f"error_{name}_mediapipe_full"),),
            "%",
            FEW_REAL_HANDS,
        )
        for name, title in HAND_SETS
    ),
    Row(
        "Hands found, sign digits of people held out",
        "hands_accuracy.detected_own_sign_digits",
        at_least(0.9),
        (("MediaPipe full", "detected_sign_digits_held_out_mediapipe_full"),),
        "%",
    ),
    Row(
        "Hands found, HaGRID's sample",
        "hands_accuracy.detected_own_hagrid",
        at_least(0.9),
        (("MediaPipe full", "detected_hagrid_mediapipe_full"),),
        "%",
        FEW_REAL_HANDS,
    ),
    Row(
        "Small hands found, COCO-WholeBody",
        "hands_accuracy.detected_own_coco_wholebody",
        above("detected_coco_wholebody_mediapipe_full"),
        (("MediaPipe full", "detected_coco_wholebody_mediapipe_full"),),
        "%",
        FEW_REAL_HANDS,
    ),
    Row(
        "Small hands found, pasted, second smallest tenth",
        "hands_sizes.found_own_pasted_2",
        above("found_pasted_2_mediapipe_full"),
        (
            ("MediaPipe full", "found_pasted_2_mediapipe_full"),
            ("lite", "found_pasted_2_mediapipe_lite"),
        ),
        "%",
    ),
    Row(
        "Hands found, pasted, over 20 times in size",
        "hands_sizes.found_own_pasted",
        at_least("found_pasted_mediapipe_full"),
        (("MediaPipe full", "found_pasted_mediapipe_full"),),
        "%",
    ),
    Row(
        "Error over palm size, pasted",
        "hands_sizes.error_own_pasted",
        at_most("error_pasted_mediapipe_full"),
        (("MediaPipe full", "error_pasted_mediapipe_full"),),
        reason="Ours finds more of them, and is less exact.",
        unit="%",
    ),
    Row(
        "False hands, a photograph of animals",
        "hands_accuracy.false_hands_own",
        at_most("false_hands_mediapipe_full"),
        (("MediaPipe full", "false_hands_mediapipe_full"),),
        reason="A higher threshold calls fewer, and finds fewer hands.",
    ),
    Row(
        "MediaPipe lite's time over ours, one hand",
        "hands_speed.lite_over_own_pipeline",
        at_least(2.0),
        (("our tiny models", "lite_over_own_tiny_pipeline"),),
        "x",
        "The small models are too large for that; the tiny ones reach it, and are less exact.",
    ),
    Row("Frames a second, one hand, one thread", "hands_speed.fps_own_int8"),
    Row(
        "Palm detector's file, int8",
        "hands_accuracy.mb_palm_own",
        peers=(("float", "mb_palm_own_small_float"), ("MediaPipe lite", "mb_palm_mediapipe_lite")),
    ),
    Row(
        "Landmark model's file, int8",
        "hands_accuracy.mb_hand_own",
        peers=(("float", "mb_hand_own_small_float"), ("MediaPipe lite", "mb_hand_mediapipe_lite")),
    ),
    Row(
        "Mixed lessons: error, hands labelled by hand",
        "hands_training.error_mixed",
        below("error_real"),
        (("real alone", "error_real"), ("rendered alone", "error_synthetic")),
        "%",
        "After lessons so short the hands labelled by hand are too few to tell the three apart.",
    ),
    Row(
        "Mixed lessons: error, rendered hands",
        "hands_training.error_mixed_rendered",
        below("error_real_rendered"),
        (("real alone", "error_real_rendered"), ("rendered alone", "error_synthetic_rendered")),
        "%",
    ),
    Row(
        "Focal loss and decoder: average precision of palms",
        "hands_training.ap_focal_decoder",
        above("ap_cross_entropy_no_decoder"),
        (
            ("neither", "ap_cross_entropy_no_decoder"),
            ("the article", 0.957),
            ("its neither", 0.862),
        ),
        "%",
    ),
    *(
        Row(
            f"Hands found, {scene}",
            f"hands_overlap.found_own_{scene}",
            at_least(f"found_{scene}_mediapipe_full"),
            (("MediaPipe full", f"found_{scene}_mediapipe_full"),),
            "%",
        )
        for scene in SCENES
    ),
    *(
        Row(
            f"Error over palm size, {scene}",
            f"hands_overlap.error_own_{scene}",
            at_most(f"error_{scene}_mediapipe_full"),
            (("MediaPipe full", f"error_{scene}_mediapipe_full"),),
            "%",
            "Ours finds more of them, and is less exact.",
        )
        for scene in SCENES
    ),
    Row(
        "A palm's box over the extent of its joints",
        "hands_palm_boxes.side_joints",
        peers=(("of the detector's keypoints", "side_keypoints"),),
        unit="x",
    ),
    Row(
        "Jitter of a still hand",
        "hands_jitter.jitter_own",
        at_most("jitter_mediapipe_full"),
        (("MediaPipe full", "jitter_mediapipe_full"), ("lite", "jitter_mediapipe_lite")),
        reason="The landmark model is less exact, and int8 makes it worse; in float it trembles "
        "less.",
    ),
    Row(
        "Lag on a moving hand",
        "hands_jitter.lag_ms_own",
        peers=(("MediaPipe full", "lag_ms_mediapipe_full"),),
    ),
    Row(
        "Movements named, recorded histories held out",
        "hands_motion.accuracy_histories",
        peers=(("as video", "accuracy_streamed"),),
        unit="%",
    ),
    Row("From a recording's start to the right name", "hands_motion.delay_ms_streamed"),
    Row(
        "Movements named by a network that saw no recording",
        "hands_motion_ablation.histories_simulated_only",
        peers=(("recordings alone", "histories_recorded_only"), ("both", "histories_both")),
        unit="%",
    ),
)
