"""Which figures stand in which table of README.md and docs/: data for `figures.py`.

Regions of `TABLES` have a row a figure; what stands side by side is in `GRIDS`, `PIVOTS` or, in
percent, `MATRICES`; what is told in words, in `TOLD`.
"""

SPEED = (
    ("Speed over MediaPipe 0.10.21, one hand, full", "hands_speed", "ratio_full_1"),
    ("The same, lite", "hands_speed", "ratio_lite_1"),
    ("Two allowed and one visible, full", "hands_speed", "ratio_full_2_one_visible"),
    ("The same, lite", "hands_speed", "ratio_lite_2_one_visible"),
    ("Largest keypoint difference from it", "hands_speed", "max_px_difference"),
)
START = (
    ("From start to the first keypoints, lite", "hands_speed", "start_ms"),
    ("Peak memory until then", "hands_speed", "peak_mb"),
    ("`import firsthand`", "hands_speed", "import_ms"),
)
GRAPH = (
    ("MediaPipe's cost of a packet over ours, both as they come", "graph_chain", "ratio"),
    ("MediaPipe's in the calling thread, as ours", "graph_chain", "ratio_calling_thread"),
    ("Ours on a thread of its own, as MediaPipe's", "graph_chain", "ratio_threads"),
)

SOAKED = {
    "Hand tracking, a frame": "_hands",
    "Objects, a frame": "_objects",
    "Recorder, a tenth of a second": "_recorder",
    "Concealment, 10 ms": "_concealment",
    "Speech, a tenth of a second": "_speech",
    "Graph of ten nodes, a packet": "_graph",
    "Federated service, a message": "_federated",
}
INJURED = {
    "recorder": "Recorder",
    "models": "Models",
    "media": "Video and sound",
    "tracking": "Hands",
    "call": "Concealment",
    "graph": "Graph",
    "federated": "Federated",
    "page": "Live page",
    "board": "Leaderboard",
    "training": "Training",
}
FUZZED = (
    *("pictures", "recordings", "models", "graphs", "sessions", "transcripts"),
    *("fleets", "calls", "pages", "tables", "arrays", "meshes"),
)

TABLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "robustness_fuzz_all": (
        ("Inputs tried, all targets", "robustness_fuzz", "executions"),
        ("Findings", "robustness_fuzz", "findings"),
        ("Inputs in the corpus", "robustness_fuzz", "inputs"),
        ("- that showed a finding, mended since", "robustness_fuzz", "mended"),
        ("The corpus", "robustness_fuzz", "corpus_kb"),
    ),
    "readme": (
        *SPEED,
        ("Hands found, sign digits", "hands_accuracy", "detected_sign_digits"),
        ("Hands found, HaGRID's sample", "hands_accuracy", "detected_hagrid"),
        ("Small hands found, COCO-WholeBody's sample", "hands_accuracy", "detected_coco_wholebody"),
        ("The same, searched in tiles", "hands_accuracy", "detected_coco_wholebody_tiles"),
        ("Keypoint error over palm size, handpose_x", "hands_accuracy", "error_handpose_x"),
        ("Gestures right, ten ASL digits", "hands_gestures", "accuracy_rules_asl_digits"),
        ("Gestures right, five examples each", "hands_gestures", "accuracy_examples_5"),
        *START,
        *GRAPH,
    ),
    "tutorial_keywords": (
        ("The classifier of twenty clips a word: right", "tutorials", "keywords_known"),
        ("The teacher, float: right", "tutorials", "keywords_teacher_right"),
        ("- its file", "tutorials", "keywords_teacher_kb"),
        ("The student that is picked, int8: right", "tutorials", "keywords_right"),
        ("- its file", "tutorials", "keywords_kb"),
        ("- a picture", "tutorials", "keywords_us"),
        ("Of the two words in the stream, heard", "tutorials", "keywords_heard"),
        ("Right on the fleet, without noise", "tutorials", "keywords_fleet"),
        ("- with epsilon 4", "tutorials", "keywords_fleet_private"),
        ("Of the two words nobody taught, found first", "tutorials", "keywords_found"),
        ("The classifier, once it has learnt them: right", "tutorials", "keywords_known_more"),
        ("The whole page", "tutorials", "seconds_keywords"),
    ),
    "tutorial_hands": (
        ("Float: the file", "tutorials", "hands_float_kb"),
        ("- error over palm size, rendered hands", "tutorials", "hands_float_error"),
        ("- a hand", "tutorials", "hands_float_us"),
        ("Int8: the file", "tutorials", "hands_int8_kb"),
        ("- error over palm size, rendered hands", "tutorials", "hands_int8_error"),
        ("- a hand", "tutorials", "hands_int8_us"),
        ("Float takes as many times as long", "tutorials", "hands_times_float"),
        ("The whole page", "tutorials", "seconds_hands"),
    ),
    "hands": (
        *SPEED,
        ("A frame, one hand, full", "hands_speed", "ms_full_1_ours"),
        ("A frame, one hand, lite", "hands_speed", "ms_lite_1_ours"),
        *START,
        ("Peak memory of MediaPipe after import alone", "hands_speed", "peak_mb_mediapipe_import"),
    ),
    "objects_false": (
        *(
            (f"{title}, detector from 0.{tenths} on", "objects_false", f"found_{name}_{tenths}")
            for name, title in (
                ("shoe", "A shoe"),
                ("chair", "A chair"),
                ("cup", "A cup"),
                ("camera", "A camera"),
            )
            for tenths in (5, 3)
        ),
        ("Rectangles that the second stage is sure of, 0.5", "objects_false", "sure_5"),
        ("- from 0.3 on", "objects_false", "sure_3"),
    ),
    "objects_costs": (
        ("A picture, int8", "objects_metrics", "ms"),
        ("- float", "objects_metrics", "ms_float"),
        ("- MediaPipe's two stages", "objects_metrics", "ms_published"),
        ("Time of float over int8's", "objects_metrics", "float_over_int8"),
        ("Time of MediaPipe's over int8's", "objects_metrics", "published_over_int8"),
        ("File, int8", "objects_metrics", "bytes"),
        ("- float", "objects_metrics", "bytes_float"),
        ("- MediaPipe's two", "objects_metrics", "bytes_published"),
        ("Lessons that one process draws", "objects_metrics", "pictures_per_hour"),
    ),
    "objects_one_mesh": (
        ("From the mesh to the int8 file", "objects_own", "minutes"),
        ("- processor time", "objects_own", "cpu_minutes"),
    ),
    "objects_photographs": (
        ("Published, chairs: photographs of 5", "objects_photographs", "chairs_of_5"),
        ("- boxes in them", "objects_photographs", "boxes_chairs"),
        ("Published, cups: photographs of 4", "objects_photographs", "cups_of_4"),
        ("- boxes in them", "objects_photographs", "boxes_cups"),
        ("Ours, chairs: photographs of 5", "objects_photographs", "own_chairs_of_5"),
        ("- boxes in them", "objects_photographs", "boxes_own_chairs"),
    ),
    "objects_video": (
        ("Frames with a shoe, of 125", "objects_video", "found_of_125"),
        ("- seen in that very frame", "objects_video", "found_of_125_seen"),
        ("- MediaPipe 0.10.21", "objects_video", "found_of_125_mediapipe"),
        ("Both shoes, detector from 0.3 on", "objects_video", "found_of_125_two"),
        ("- MediaPipe", "objects_video", "found_of_125_two_mediapipe"),
        ("Frames a second over MediaPipe's", "objects_video", "fps_ratio_mediapipe"),
        ("Processor time of MediaPipe's over ours", "objects_video", "cpu_ratio_mediapipe"),
        ("Processor time of a frame", "objects_video", "cpu_ms"),
        ("- MediaPipe", "objects_video", "cpu_ms_mediapipe"),
        ("- the detector on every frame", "objects_video", "cpu_ms_every_1"),
        ("- every fifth while tracking", "objects_video", "cpu_ms_every_5"),
        ("- every tenth", "objects_video", "cpu_ms_every_10"),
        ("Found with the detector on every frame", "objects_video", "found_every_1"),
        ("- every fifth while tracking", "objects_video", "found_every_5"),
        ("- every tenth", "objects_video", "found_every_10"),
        ("Processor time, every frame over every fifth", "objects_video", "cpu_ratio_every_5"),
        ("- over every tenth", "objects_video", "cpu_ratio_every_10"),
        ("Points with every tenth from those with every", "objects_video", "apart_px_every_10"),
        ("Jitter with the detector on every frame", "objects_video", "jitter_px_every_1"),
        ("- every fifth while tracking", "objects_video", "jitter_px_every_5"),
        ("- every tenth", "objects_video", "jitter_px_every_10"),
        ("Second stages run for each object seen", "objects_video", "looks_per_object"),
        ("Jitter of MediaPipe's points over ours", "objects_video", "jitter_ratio_mediapipe"),
        ("- root mean squares", "objects_video", "jitter_ratio_mediapipe_rms"),
        ("Jitter, median", "objects_video", "jitter_px"),
        ("- not steadied", "objects_video", "jitter_px_raw"),
        ("- MediaPipe", "objects_video", "jitter_px_mediapipe"),
        ("Steadied points from those not steadied", "objects_video", "raw_apart_px"),
        ("Hidden for half a second: off, over the size", "objects_video", "hidden_off"),
        ("- at its end", "objects_video", "hidden_off_last"),
        ("- had the box stood still", "objects_video", "hidden_off_held"),
        ("- the same number afterwards", "objects_video", "hidden_kept"),
        ("Turn from frame to frame, fitted", "objects_video", "turn_deg_fitted"),
        ("- by equations alone", "objects_video", "turn_deg_lifted"),
        ("Corners from the points, fitted", "objects_video", "off_px_fitted"),
        ("- by equations alone", "objects_video", "off_px_lifted"),
    ),
    "accuracy": (
        ("Error over palm size, handpose_x", "hands_accuracy", "error_handpose_x"),
        ("- MediaPipe", "hands_accuracy", "error_handpose_x_mediapipe_full"),
        ("Error over palm size, OneHand10K", "hands_accuracy", "error_onehand10k"),
        ("- MediaPipe", "hands_accuracy", "error_onehand10k_mediapipe_full"),
        (
            "Error over palm size, COCO-WholeBody, tiles",
            "hands_accuracy",
            "error_coco_wholebody_tiles",
        ),
        ("Found, handpose_x", "hands_accuracy", "detected_handpose_x"),
        ("- MediaPipe", "hands_accuracy", "detected_handpose_x_mediapipe_full"),
        ("Found, OneHand10K", "hands_accuracy", "detected_onehand10k"),
        ("- MediaPipe", "hands_accuracy", "detected_onehand10k_mediapipe_full"),
        ("Found, COCO-WholeBody", "hands_accuracy", "detected_coco_wholebody"),
        ("- MediaPipe", "hands_accuracy", "detected_coco_wholebody_mediapipe_full"),
        ("- tiles", "hands_accuracy", "detected_coco_wholebody_tiles"),
        ("Found, HaGRID", "hands_accuracy", "detected_hagrid"),
        ("- MediaPipe", "hands_accuracy", "detected_hagrid_mediapipe_full"),
        ("Found, sign digits", "hands_accuracy", "detected_sign_digits"),
        ("- MediaPipe", "hands_accuracy", "detected_sign_digits_mediapipe_full"),
        ("Hands a photograph, HaGRID", "hands_accuracy", "hands_a_photograph_hagrid"),
        ("- tiles, mostly false ones", "hands_accuracy", "hands_a_photograph_hagrid_tiles"),
    ),
    "motion": (
        ("Recorded, held-out blocks, four labels", "hands_motion", "accuracy_histories"),
        ("- moves", "hands_motion", "accuracy_histories_move"),
        ("- played as video", "hands_motion", "accuracy_streamed"),
        ("- until the right name", "hands_motion", "delay_ms_streamed"),
        (
            "Recorded, by a network that saw none of them",
            "hands_motion_ablation",
            "histories_simulated_only",
        ),
        ("Simulated windows, nine names", "hands_motion", "accuracy_window"),
        ("Simulated swipes to the left, announced", "hands_motion", "announced_swipe_left"),
        ("Simulated waves, announced", "hands_motion", "announced_wave"),
        ("- another stroke announced first", "hands_motion", "other_first_wave"),
        ("Frames until announced, 30 a second", "hands_motion", "delay_frames"),
        ("A step", "hands_motion", "us_step"),
    ),
    "training": (
        ("Real photographs alone", "hands_training", "error_real"),
        ("Rendered hands alone", "hands_training", "error_synthetic"),
        ("Mixed", "hands_training", "error_mixed"),
        ("- MediaPipe lite", "hands_training", "error_mediapipe_lite"),
        ("- MediaPipe full", "hands_training", "error_mediapipe_full"),
        ("Agreement, sign digits: real", "hands_training", "error_real_sign_digits"),
        ("- rendered", "hands_training", "error_synthetic_sign_digits"),
        ("- mixed", "hands_training", "error_mixed_sign_digits"),
        ("Rendered hands: real", "hands_training", "error_real_rendered"),
        ("- rendered", "hands_training", "error_synthetic_rendered"),
        ("- mixed", "hands_training", "error_mixed_rendered"),
        ("Palms: focal loss and decoder", "hands_training", "ap_focal_decoder"),
        ("- cross-entropy, no decoder", "hands_training", "ap_cross_entropy_no_decoder"),
        ("Rendered palms: focal, decoder", "hands_training", "ap_focal_decoder_rendered"),
        ("- neither", "hands_training", "ap_cross_entropy_no_decoder_rendered"),
    ),
    "gestures": (
        ("`asl_digits`, ten classes of sign digits", "hands_gestures", "accuracy_rules_asl_digits"),
        ("`american`, five of them", "hands_gestures", "accuracy_rules_american"),
        ("`european`, three", "hands_gestures", "accuracy_rules_european"),
        ("`chinese`, seven", "hands_gestures", "accuracy_rules_chinese"),
        ("`signs`, five", "hands_gestures", "accuracy_rules_signs"),
        ("- the others called none", "hands_gestures", "rejected_rules"),
        ("HaGRID: call, four, rock, none", "hands_gestures", "accuracy_rules_hagrid"),
        ("- where a hand was found", "hands_gestures", "accuracy_rules_hagrid_found"),
        ("kinivi's rows, flat keypoints, four gestures", "hands_gestures", "accuracy_rules_kinivi"),
        ("Sign digits, one example each", "hands_gestures", "accuracy_examples_1"),
        ("- two", "hands_gestures", "accuracy_examples_2"),
        ("- five", "hands_gestures", "accuracy_examples_5"),
        ("- ten", "hands_gestures", "accuracy_examples_10"),
        ("- five, a gesture not taught called none", "hands_gestures", "rejected_examples_5"),
        ("kinivi's rows, one example each", "hands_gestures", "accuracy_examples_kinivi_1"),
        ("- five", "hands_gestures", "accuracy_examples_kinivi_5"),
    ),
    "keypoints": (
        ("Thumbs: image, 3D", "hands_gestures", "thumbs_image"),
        ("- world, 3D", "hands_gestures", "thumbs_world"),
        ("- image, 2D", "hands_gestures", "thumbs_flat"),
        ("- 2D, turned 60 degrees sideways", "hands_gestures", "thumbs_flat_turned"),
        ("Other fingers: image, 3D", "hands_gestures", "fingers_image"),
        ("- world, 3D", "hands_gestures", "fingers_world"),
        ("- image, 2D", "hands_gestures", "fingers_flat"),
        ("- 2D, tipped 60 degrees forwards", "hands_gestures", "fingers_flat_tipped"),
    ),
    "recorder": (
        ("Words wrong, Whisper base", "recorder_transcription", "wer_whisper"),
        ("- PocketSphinx", "recorder_transcription", "wer_pocketsphinx"),
        ("Seconds of work a second of sound, Whisper", "recorder_transcription", "rtf_whisper"),
        ("- PocketSphinx", "recorder_transcription", "rtf_pocketsphinx"),
        ("A word's beginning, median error", "recorder_transcription", "word_time_median_ms"),
        ("- the worst, of words after silences", "recorder_transcription", "word_time_worst_ms"),
        ("A search in 100 hours, 99th percentile", "recorder_scale", "search_ms_p99"),
        ("- median", "recorder_scale", "search_ms_median"),
        ("Putting in an hour's transcript", "recorder_scale", "add_ms_hour"),
        ("A hundred hours of words on disk", "recorder_scale", "library_mb"),
        ("Peak memory of adding five hours", "recorder_scale", "peak_mb_five_hours"),
        ("- of adding five minutes", "recorder_scale", "peak_mb_five_minutes"),
        ("- five hours by PocketSphinx", "recorder_scale", "peak_mb_five_hours_pocketsphinx"),
        ("- five minutes", "recorder_scale", "peak_mb_five_minutes_pocketsphinx"),
    ),
    "speakers": (
        ("Diarisation error, talks", "recorder_speakers", "error_talks"),
        ("- Resemblyzer's directions", "recorder_speakers", "error_talks_resemblyzer"),
        ("- all taken for one speaker", "recorder_speakers", "error_talks_alone"),
        ("- given to the wrong speaker", "recorder_speakers", "confused_talks"),
        ("Diarisation error, meetings", "recorder_speakers", "error_meetings"),
        ("- Resemblyzer's directions", "recorder_speakers", "error_meetings_resemblyzer"),
        ("- all taken for one speaker", "recorder_speakers", "error_meetings_alone"),
        ("- given to the wrong speaker", "recorder_speakers", "confused_meetings"),
        ("Number of speakers off by, talks", "recorder_speakers", "speakers_off_talks"),
        ("- meetings", "recorder_speakers", "speakers_off_meetings"),
    ),
    "live": (
        ("From a word's end to a guess of it, Whisper", "recorder_live", "guess_ms_whisper"),
        ("- nine in ten within", "recorder_live", "guess_ms_whisper_p90"),
        ("- PocketSphinx", "recorder_live", "guess_ms_pocketsphinx"),
        ("- nine in ten within", "recorder_live", "guess_ms_pocketsphinx_p90"),
        ("From a word's end to its final text, Whisper", "recorder_live", "final_ms_whisper"),
        ("- PocketSphinx", "recorder_live", "final_ms_pocketsphinx"),
        ("From the end of a pause to it, Whisper", "recorder_live", "after_pause_ms_whisper"),
        ("- PocketSphinx", "recorder_live", "after_pause_ms_pocketsphinx"),
    ),
    "cost": (
        ("Storing (Opus)", "recorder_cost", "cpu_s_per_hour_store"),
        ("Telling speech from silence", "recorder_cost", "cpu_s_per_hour_voice"),
        ("Words, Whisper", "recorder_cost", "cpu_s_per_hour_whisper"),
        ("Words, PocketSphinx", "recorder_cost", "cpu_s_per_hour_pocketsphinx"),
        ("Sounds", "recorder_cost", "cpu_s_per_hour_sounds"),
        ("Speakers", "recorder_cost", "cpu_s_per_hour_speakers"),
        ("Tags", "recorder_cost", "cpu_s_per_hour_tags"),
        ("All, with Whisper", "recorder_cost", "cpu_s_per_hour"),
    ),
    "page": (
        ("Five hours, from opening to the first words", "recorder_scale", "page_usable_ms"),
        ("Work of a frame, scrolling and zooming", "recorder_scale", "frame_work_ms"),
        ("- scrolling", "recorder_scale", "frame_work_ms_scroll"),
        ("- zooming and panning the waveform", "recorder_scale", "frame_work_ms_zoom"),
        ("- playing", "recorder_scale", "frame_work_ms_play"),
        ("The longest task of these", "recorder_scale", "longest_task_ms"),
        ("- by the clock", "recorder_scale", "longest_task_ms_wall"),
        ("- by the clock, while it opens", "recorder_scale", "longest_task_ms_load"),
        ("Memory of the page's process", "recorder_scale", "page_mb"),
        ("- of JavaScript", "recorder_scale", "page_heap_mb"),
    ),
    "sounds": (
        ("Mean average precision, 12 classes, ours", "recorder_sounds", "map_own"),
        ("- YAMNet", "recorder_sounds", "map_yamnet"),
        ("- ours, without the sounds of no class", "recorder_sounds", "map_own_without_other"),
        ("- YAMNet", "recorder_sounds", "map_yamnet_without_other"),
        ("Bars of the right colour, ours", "recorder_sounds", "bars_right_own_held"),
        ("- with one threshold for beginning and end", "recorder_sounds", "bars_right_own_steady"),
        ("- nor the median filter", "recorder_sounds", "bars_right_own_linear"),
        ("- nor linear scores", "recorder_sounds", "bars_right_own_plain"),
        ("- slices of 960 ms without overlap", "recorder_sounds", "bars_right_own_960_slices"),
        ("- YAMNet", "recorder_sounds", "bars_right_yamnet_held"),
        ("Changes of colour a minute, truly", "recorder_sounds", "changes_a_minute_truth"),
        ("- ours", "recorder_sounds", "changes_a_minute_own_held"),
        ("- with one threshold", "recorder_sounds", "changes_a_minute_own_steady"),
        ("- nor the median filter", "recorder_sounds", "changes_a_minute_own_linear"),
        ("- nor linear scores", "recorder_sounds", "changes_a_minute_own_plain"),
        ("Sounds found, ours", "recorder_sounds", "found_own"),
        ("- of those told, true", "recorder_sounds", "right_own"),
        ("- found by YAMNet", "recorder_sounds", "found_yamnet"),
        ("- of those told, true", "recorder_sounds", "right_yamnet"),
        ("Beginnings, median error, ours", "recorder_sounds", "onset_error_ms"),
        ("- with one threshold", "recorder_sounds", "onset_error_ms_steady"),
        ("- slices of 960 ms", "recorder_sounds", "onset_error_ms_960_slices"),
        ("- YAMNet", "recorder_sounds", "onset_error_ms_yamnet"),
        ("Ends, median error, ours", "recorder_sounds", "offset_error_ms"),
        ("- with one threshold", "recorder_sounds", "offset_error_ms_steady"),
        ("- slices of 960 ms", "recorder_sounds", "offset_error_ms_960_slices"),
        ("- YAMNet", "recorder_sounds", "offset_error_ms_yamnet"),
        ("Work a second of sound, ours", "recorder_sounds", "rtf_classification"),
        ("- YAMNet", "recorder_sounds", "rtf_yamnet"),
    ),
    "tags": (
        ("Tags that are in the title", "recorder_tags", "precision_at_3"),
        ("- the most frequent nouns", "recorder_tags", "precision_at_3_count"),
        ("- YAKE", "recorder_tags", "precision_at_3_yake"),
        ("- always guessing right", "recorder_tags", "precision_best"),
        ("From an hour of speech to its tags", "recorder_tags", "ms_per_hour"),
        ("- YAKE", "recorder_tags", "ms_per_hour_yake"),
    ),
    "concealment_differences": tuple(
        row
        for ms in ("20", "60", "120")
        for label, peer in (
            (f"PLCMOS above NetEQ, {ms} ms", "neteq"),
            ("- above libopus", "libopus"),
            ("- above linear prediction", "lpc"),
            ("- above Opus with networks", "deep"),
        )
        for row in (
            (label, "concealment_quality", f"plcmos_{ms}_minus_{peer}"),
            ("- - standard error", "concealment_quality", f"plcmos_{ms}_minus_{peer}_se"),
        )
    ),
    "concealment_words": (
        ("Words wrong in the clean sound", "concealment_quality", "wer_clean"),
        ("More of them, filled by ours", "concealment_quality", "wer_change"),
        ("- by NetEQ", "concealment_quality", "wer_change_neteq"),
        ("- by silence", "concealment_quality", "wer_change_zero"),
        ("NetEQ let sound wait", "concealment_quality", "neteq_delay_ms"),
    ),
    "install": (
        ("The wheel", "packaging_install", "wheel_mb"),
        ("- networks in it", "packaging_install", "models_mb"),
        ("The base install", "packaging_install", "install_mb"),
        ("- its packages, Firsthand among them", "packaging_install", "packages"),
        ("- OpenCV", "packaging_install", "mb_opencv_python_headless"),
        ("- PyAV", "packaging_install", "mb_av"),
        ("- NumPy", "packaging_install", "mb_numpy"),
        ("- LiteRT", "packaging_install", "mb_ai_edge_litert"),
        ("- Firsthand", "packaging_install", "mb_firsthand"),
        ("Networks of hands", "packaging_install", "models_mb_hands"),
        ("- of the recorder", "packaging_install", "models_mb_recorder"),
        ("- of speech", "packaging_install", "models_mb_speech"),
        ("- of concealment", "packaging_install", "models_mb_concealment"),
        ("`import firsthand`", "packaging_install", "ms_import"),
        ("`import numpy`", "packaging_install", "ms_import_numpy"),
        ("`firsthand --help`", "packaging_install", "ms_help"),
        ("`firsthand doctor`", "packaging_install", "ms_doctor"),
    ),
    "concealment_speed": (
        ("10 ms made up, median", "concealment_speed", "ms_per_10ms_median"),
        ("- 99th percentile", "concealment_speed", "ms_per_10ms_p99"),
        ("- by linear prediction, median", "concealment_speed", "ms_per_10ms_lpc_median"),
        ("- - 99th percentile", "concealment_speed", "ms_per_10ms_lpc_p99"),
        ("Sound resumes, median", "concealment_speed", "ms_merge_median"),
        ("10 ms received, median", "concealment_speed", "ms_received_median"),
        ("At 48 kHz, 10 ms made up, median", "concealment_speed", "ms_per_10ms_48k_median"),
        ("- 99th percentile", "concealment_speed", "ms_per_10ms_48k_p99"),
        ("Both networks", "concealment_speed", "model_mb"),
    ),
    "speech_effects": (
        ("Ours", "speech_noss", "effect_own"),
        ("Ours, int8", "speech_noss", "effect_own_int8"),
        *(
            (title, "speech_noss", f"effect_{name}")
            for title, name in (
                ("log-mel", "log_mel"),
                ("MFCC", "mfcc"),
                ("eGeMAPS", "egemaps"),
                ("Resemblyzer", "resemblyzer"),
                ("YAMNet", "yamnet"),
                ("Ours before it learns", "random"),
            )
        ),
        ("Ours above the best of the others", "speech_noss", "own_over_best_baseline"),
        ("Tasks where none of them is better", "speech_noss", "tasks_won"),
    ),
    "speech_speed": (
        ("Ours", "speech_speed", "ms_per_second_own"),
        ("- the network alone", "speech_speed", "ms_per_second_own_network"),
        ("- a stream in blocks of 100 ms", "speech_speed", "ms_per_second_own_stream"),
        ("- int8", "speech_speed", "ms_per_second_own_int8"),
        ("log-mel", "speech_speed", "ms_per_second_log_mel"),
        ("MFCC", "speech_speed", "ms_per_second_mfcc"),
        ("eGeMAPS", "speech_speed", "ms_per_second_egemaps"),
        ("YAMNet", "speech_speed", "ms_per_second_yamnet"),
        ("Resemblyzer", "speech_speed", "ms_per_second_resemblyzer"),
        ("Resemblyzer over ours", "speech_speed", "resemblyzer_over_own"),
        ("YAMNet over ours", "speech_speed", "yamnet_over_own"),
        ("Stream and whole differ by", "speech_speed", "stream_difference"),
    ),
    "speech_personal": (
        *(
            (f"{title}, {count} of each", "speech_personal", f"{name}_own_{count}")
            for title, name in (
                ("Six keywords", "keywords"),
                ("Ten digits of one voice", "digits"),
                ("ESC-10's sounds", "sounds"),
            )
            for count in (1, 5, 20)
        ),
        ("Keywords, 10 of each", "speech_personal", "keywords_own_10"),
        ("- the whole network trained on", "speech_personal", "tuned_keywords_10"),
        ("- which takes, on one core", "speech_personal", "tuned_seconds"),
        ("- and at its peak", "speech_personal", "tuned_peak_mb"),
        ("From 30 clips of a second to a file", "speech_personal", "ms_personalize"),
        ("One clip more", "speech_personal", "ms_learn"),
        ("One clip asked", "speech_personal", "ms_classify"),
        ("On the disk", "speech_personal", "kb_classifier"),
    ),
    "federated": (
        ("Server, nobody lost", "federated_secagg", "server_cpu_s_0"),
        ("- a tenth lost", "federated_secagg", "server_cpu_s_10"),
        ("- three tenths lost", "federated_secagg", "server_cpu_s_30"),
        ("A device", "federated_secagg", "client_cpu_ms"),
        ("Flower's server over ours, a tenth lost", "federated_secagg", "server_ratio_flower"),
        ("Flower's device over ours", "federated_secagg", "client_ratio_flower"),
        ("What a device sends and is sent, over its vector", "federated_secagg", "expansion"),
        ("Of twenty songs, found at epsilon 2", "federated_queries", "song_precision_20"),
        ("Error of a count of songs", "federated_queries", "song_error"),
        ("- as planned", "federated_queries", "song_error_theory"),
        (
            "Error of a bin over what was planned",
            "federated_queries",
            "histogram_error_over_theory",
        ),
        ("Error of a rank over its bound", "federated_queries", "quantile_error_over_bound"),
        ("Accuracy over 40 devices", "federated_queries", "accuracy_federated"),
        ("- less the central one", "federated_queries", "accuracy_difference"),
        ("Masked vectors are uniform, p", "federated_queries", "uniform_p"),
        ("RAPPOR, of twenty songs", "federated_queries", "rappor_found"),
        ("- at epsilon", "federated_queries", "rappor_epsilon"),
    ),
    "federated_service": (
        ("Rounds exact, a tenth of 200 devices killed", "federated_service", "rounds_exact"),
        ("Rounds as promised, the server killed 50 times", "federated_service", "kills_survived"),
        ("- of so many rounds", "federated_service", "rounds_begun"),
        ("- with a sum", "federated_service", "rounds_done"),
        ("Visits kept, SQLite", "federated_service", "checkins_per_s_sqlite"),
        ("- 99th percentile", "federated_service", "p99_ms"),
        ("Visits kept, PostgreSQL", "federated_service", "checkins_per_s_postgresql"),
        ("- 99th percentile", "federated_service", "p99_ms_postgresql"),
    ),
    "federated_scale": (
        *(
            (f"CPU of a round, a device, of {size}", "federated_scale", f"cpu_ms_device_{size}")
            for size in (25, 50, 100, 250, 500, 1_000)
        ),
        ("A million in cohorts, one in 400 masked", "federated_scale", "million_s"),
        ("- masked sums that are those in the clear", "federated_scale", "million_equal"),
        ("- all by the protocol, projected", "federated_scale", "million_cpu_h"),
    ),
    "federated_discovery": (
        *(
            (f"{title}, epsilon {epsilon}", "federated_discovery", f"{name}_{epsilon}")
            for title, name in (
                ("TrieHH, of the 50 most frequent", "triehh_recall"),
                ("Prefix tree, of the 50 most frequent", "prefix_tree_recall"),
            )
            for epsilon in (1, 2, 4, 8)
        ),
        ("Found words that somebody has, TrieHH", "federated_discovery", "triehh_precision"),
        ("- prefix tree", "federated_discovery", "prefix_tree_precision"),
        ("New words, right of the first 1,000", "federated_discovery", "words_precision_1000"),
        ("- found of the 1,000 most typed", "federated_discovery", "words_recall_1000"),
        ("- said at all", "federated_discovery", "words_recall_said"),
        ("- epsilon", "federated_discovery", "words_epsilon"),
        ("Words a keyboard gets wrong, of those typed", "federated_difficult", "typed_wrong"),
        ("- of those the network says", "federated_difficult", "said_wrong"),
        ("- said and typed by somebody", "federated_difficult", "said_real"),
        ("- their commonest endings, found", "federated_difficult", "endings_found"),
        ("- epsilon", "federated_difficult", "epsilon"),
        ("Signs of 66 people, all examples in one place", "federated_head", "accuracy_central"),
        ("- trained over 150 devices", "federated_head", "accuracy_federated"),
        ("- and private", "federated_head", "accuracy_private"),
        ("- epsilon", "federated_head", "epsilon"),
        ("Songs recognised in three regions", "federated_discovery", "song_rate_before"),
        ("- more, once databases were improved", "federated_discovery", "song_rate_change"),
    ),
    "speech_ablation": (
        *(
            (title, "speech_ablation", f"{name}_over_usual")
            for title, name in (
                ("Half as wide", "small"),
                ("One and a half times as wide", "large"),
                ("Resemblyzer alone teaches", "voices"),
                ("YAMNet alone teaches", "sounds"),
                ("LibriSpeech's readers alone", "readers"),
                ("Layers that see 70 ms, not 1.7 s", "context"),
                ("The triplet loss alone", "triplet"),
                ("- ten times the work", "triplet_teacher"),
                ("- ours distilled from that", "triplet_student"),
            )
        ),
        *(
            (title, "speech_ablation", f"shipped_{name}_over_shipped")
            for title, name in (
                ("Of what is shipped, the last layer alone", "direction"),
                ("- the inner layer's mean and deviation alone", "moments"),
                ("- how it changes alone", "course"),
                ("- the spectrum alone", "spectrum"),
            )
        ),
    ),
    "challenge_models": tuple(
        row
        for title, name in (
            ("MobileNetV1 0.25, 128", "mobilenet_v1_025_128"),
            ("MobileNetV1 0.5, 160", "mobilenet_v1_050_160"),
            ("MobileNetV1 0.75, 192", "mobilenet_v1_075_192"),
            ("MobileNetV2 1.0, 224", "mobilenet_v2_100_224"),
        )
        for row in (
            (f"{title}: score", "challenge_models", f"score_{name}"),
            ("- right of all", "challenge_models", f"accuracy_{name}"),
            ("- an image", "challenge_models", f"ms_{name}"),
            ("- nine in ten within", "challenge_models", f"ms_{name}_p90"),
            ("- every second image", "challenge_models", f"score_every_second_{name}"),
            ("- normalised as in 2018", "challenge_models", f"score_2018_{name}"),
            ("- over the frontier of these", "challenge_models", f"over_frontier_{name}"),
        )
    ),
    "challenge_latency": (
        ("Rank correlation of MACs and time", "challenge_latency", "spearman_macs_latency"),
        ("- of float models", "challenge_latency", "spearman_macs_latency_float"),
        ("- of int8 models", "challenge_latency", "spearman_macs_latency_int8"),
        ("Equal MACs, times as far apart as", "challenge_latency", "worst_equal_macs_ratio"),
        ("- of float models", "challenge_latency", "worst_equal_macs_ratio_float"),
        ("- of int8 models", "challenge_latency", "worst_equal_macs_ratio_int8"),
        ("LiteRT's time over ONNX Runtime's, float", "challenge_latency", "litert_over_onnx_float"),
        ("- int8", "challenge_latency", "litert_over_onnx_int8"),
        ("LiteRT, MobileNetV2 at 224, float", "challenge_latency", "ms_litert_float"),
        ("- int8", "challenge_latency", "ms_litert_int8"),
        ("ONNX Runtime, float", "challenge_latency", "ms_onnx_float"),
        ("- int8", "challenge_latency", "ms_onnx_int8"),
    ),
    "challenge_repeated": (
        ("Models whose two intervals overlap", "challenge_latency", "repeatability"),
        ("- the second with a busy neighbour", "challenge_latency", "repeatability_busy"),
        (
            "- told for the quiet clock, not for memory",
            "challenge_latency",
            "repeatability_by_the_clock",
        ),
        ("Blocks marked as disturbed", "challenge_latency", "marked_quiet"),
        ("- with the busy neighbour", "challenge_latency", "marked_busy"),
        ("Change of a time, second run", "challenge_latency", "median_change_second"),
        ("- with the busy neighbour", "challenge_latency", "median_change_busy"),
    ),
    "compress_cifar10": (
        ("The teacher, float: right", "compress_cifar10", "teacher_accuracy"),
        *(
            (title, "compress_cifar10", f"{name}_{figure}")
            for name, words in (("large", "Large"), ("middle", "Middle"), ("small", "Small"))
            for title, figure in (
                (f"{words}, int8: right", "accuracy"),
                ("- by which it is below the teacher", "accuracy_drop"),
                ("- its file", "kb"),
                ("- times smaller", "times_smaller"),
                ("- times faster", "times_faster"),
                ("- times fewer multiply-accumulates", "times_fewer_macs"),
            )
        ),
        (
            "A step of all three over one of the largest",
            "compress_cifar10",
            "joint_over_single_time",
        ),
        ("- the teacher's word known", "compress_cifar10", "joint_over_single_time_remembered"),
    ),
    "compress_ablation": (
        ("Joint, with the teacher", "compress_ablation", "accuracy_joint"),
        ("- the middle one", "compress_ablation", "accuracy_joint_middle"),
        ("- the large one", "compress_ablation", "accuracy_joint_large"),
        ("What joint training brings the small one", "compress_ablation", "gain_joint"),
        ("What the teacher brings, joint", "compress_ablation", "gain_teacher_joint"),
        ("- alone", "compress_ablation", "gain_teacher_alone"),
        ("What the important channels bring, over a lot", "compress_ablation", "gain_importance"),
        ("What the teacher's weights bring, over noise", "compress_ablation", "gain_pruning"),
        ("Lost by int8, ranges observed after", "compress_ablation", "loss_int8_after"),
        ("Won back by an epoch of rounding", "compress_ablation", "gain_int8_learnt"),
    ),
    "compress_photographs": (
        ("The network, float: right", "compress_photographs", "teacher_top1"),
        ("- among the first three", "compress_photographs", "teacher_top3"),
        ("- its file", "compress_photographs", "teacher_mb"),
        *(
            (title, "compress_photographs", f"{name}_{figure}")
            for name, words in (("large", "Large"), ("middle", "Middle"), ("small", "Small"))
            for title, figure in (
                (f"{words}, int8: right", "top1"),
                ("- among the first three", "top3"),
                ("- by which that is below the network", "top3_drop"),
                ("- its file", "mb"),
                ("- times smaller", "times_smaller"),
                ("- times faster", "times_faster"),
            )
        ),
    ),
    "compress_sounds": (
        (
            "The bundled network: mean average precision",
            "compress_sounds",
            "mean_average_precision_bundled",
        ),
        *(
            (title, "compress_sounds", f"{figure}_{name}")
            for name, words in (
                ("bundled_float16", "The same in 16 bits"),
                ("narrow", "Half the channels, 16 bits"),
                ("plain", "As narrow, begun from noise"),
            )
            for title, figure in (
                (words, "mean_average_precision"),
                ("- by which it is below the bundled one", "drop"),
                ("- its file", "kb"),
                ("- times faster", "times_faster"),
            )
        ),
    ),
    "compress_text": tuple(
        (title, "compress_text", f"{name}{task}")
        for heading, task in (("WordNet", ""), ("Plays", "_shakespeare"))
        for title, name in (
            (f"{heading}: the teacher", "teacher_accuracy"),
            ("- a student", "student_accuracy"),
            ("- a small one", "small_accuracy"),
            ("- logistic regression", "linear_accuracy"),
            ("- the most frequent class", "majority_accuracy"),
            ("- a student's file", "student_kb"),
            ("- times smaller than its teacher", "times_smaller"),
            ("- times faster", "times_faster"),
            ("- times faster, the projection counted", "times_faster_read"),
        )
    ),
    "compress_zeros": tuple(
        (title, "compress_weights", name)
        for title, name in (
            ("Three layers in float: right", "accuracy_layers_float"),
            (
                "- half of it zero: times smaller",
                "packed_smaller_layers_float_zeros_50",
            ),
            ("- right", "accuracy_layers_float_zeros_50"),
            ("- nine tenths zero: times smaller", "packed_smaller_layers_float_zeros_90"),
            ("- right", "accuracy_layers_float_zeros_90"),
            ("MobileNetV2 in int8: right", "accuracy_mobilenet_int8"),
            (
                "- half of it zero: times smaller",
                "packed_smaller_mobilenet_int8_zeros_50",
            ),
            ("- right", "accuracy_mobilenet_int8_zeros_50"),
            ("- nine tenths zero: times smaller", "packed_smaller_mobilenet_int8_zeros_90"),
            ("- right", "accuracy_mobilenet_int8_zeros_90"),
        )
    ),
    "compress_weights": tuple(
        (title if first else f"- {title}", "compress_weights", f"{figure}_{network}_{kind}")
        for network, words in (("layers", "Three layers"), ("resnet", "ResNet-9"))
        for kind, what in (("float16", "float16"), ("int8", "int8"), ("int4", "4 bits"))
        for first, title, figure in (
            (True, f"{words}, {what}: time over float's", "time_over_float"),
            (False, "size", "kb"),
            (False, "answers as the float network's", "agreement"),
        )
    ),
    "faults_counted": (
        ("Faults injected", "robustness_faults", "tried"),
        ("- survived, or told in words", "robustness_faults", "ok"),
    ),
    "graph": (
        ("A packet through 10 nodes", "graph_chain", "us_per_packet"),
        ("The same in MediaPipe's C++ graph", "graph_chain", "us_per_packet_mediapipe"),
        *GRAPH,
        ("Frames of an hour of video that were lost", "graph_endurance", "missing"),
        ("- that came out of order", "graph_endurance", "out_of_order"),
        ("- growth of memory meanwhile", "graph_endurance", "growth_mb"),
        ("Planted faults that ended by themselves", "graph_endurance", "faults_ended"),
    ),
}
"""By region: rows of label, benchmark and figure. A row that begins with `- ` goes on about the
one above."""

SIDES = {"ours, small": "own", "ours, tiny": "own_tiny"}
PEERS = {"MediaPipe lite": "mediapipe_lite", "MediaPipe full": "mediapipe_full"}

GRIDS: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "own_accuracy": (
        "hands_accuracy",
        (
            ("Error, handpose_x", "error", "handpose_x"),
            ("Error, OneHand10K", "error", "onehand10k"),
            ("Distance from the teacher, sign digits", "error", "sign_digits|sign_digits_held_out"),
            ("Found, handpose_x", "detected", "handpose_x"),
            ("Found, OneHand10K", "detected", "onehand10k"),
            ("Found, sign digits", "detected", "sign_digits|sign_digits_held_out"),
            ("Found, HaGRID", "detected", "hagrid"),
            ("Found, COCO-WholeBody", "detected", "coco_wholebody"),
            ("- `auto`", "detected", "coco_wholebody_auto"),
            ("- `tiles`", "detected", "coco_wholebody_tiles"),
            ("Error, COCO-WholeBody, `tiles`", "error", "coco_wholebody_tiles"),
            ("False hands, a photograph of animals", "false_hands", ""),
            ("- `tiles`", "false_hands", "tiles"),
            ("Palm detector", "mb_palm", ""),
            ("Landmark model", "mb_hand", ""),
        ),
    ),
    "own_speed": (
        "hands_speed",
        (
            ("Palm detector alone", "ms_palm", ""),
            ("Landmark model alone", "ms_hand", ""),
            ("A frame, one hand followed", "ms", ""),
        ),
    ),
    "own_sizes": (
        "hands_sizes",
        tuple(
            row
            for name, title in (("pasted", "real"), ("rendered", "rendered"))
            for row in (
                (f"Found, {title}", "found", name),
                (f"- the second smallest tenth, {title}", "found", f"{name}_2"),
                (f"- the largest tenth, {title}", "found", f"{name}_10"),
                (f"Error, {title}", "error", name),
            )
        ),
    ),
    "own_overlap": (
        "hands_overlap",
        tuple(
            row
            for scene in ("handshake", "clasp", "overlap")
            for row in (
                (f"Palms, average precision, {scene}", "ap", scene),
                (f"- hands found, {scene}", "found", scene),
                (f"- both found, {scene}", "all", scene),
                (f"- error, {scene}", "error", scene),
            )
        ),
    ),
    "own_jitter": (
        "hands_jitter",
        (
            ("Jitter of a still hand", "jitter", ""),
            ("Error of its velocity, a frame", "velocity_error", ""),
            ("Jitter of a moving hand", "straying", ""),
            ("Lag", "lag_ms", ""),
        ),
    ),
}
"""By region: a benchmark, and rows of label, measure and what it is of; columns are the models.

What has another name of MediaPipe's models than of ours has both: `OURS|THEIRS`."""

MATRICES: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "speech_noss": (
        "speech_noss",
        {
            "ours": "own",
            "int8": "own_int8",
            "log-mel": "log_mel",
            "MFCC": "mfcc",
            "eGeMAPS": "egemaps",
            "Resemblyzer": "resemblyzer",
            "YAMNet": "yamnet",
            "not trained": "random",
        },
        {
            "digit, speaker left out": "digit",
            "digit, within a speaker": "digit_own",
            "keyword": "keyword",
            "emotion, speaker left out": "emotion",
            "emotion, within a speaker": "emotion_own",
            "speaker, sentence left out": "speaker",
            "language, of 17": "language",
            "sex, LibriSpeech": "sex",
            "sex, in the wild": "sex_wild",
            "sounds, ESC-10": "sounds",
            "muffled or not, one second": "muffled",
            "order: drink": "order_coffeeDrink",
            "order: size": "order_size",
            "order: roast": "order_roast",
            "order: shots": "order_numberOfShots",
            "order: milk": "order_milkAmount",
            "order: sugar": "order_sugarAmount",
        },
    ),
}
"""Benchmark, columns and rows by their titles, each with its part of the figures' names."""

CONCEALERS = {
    "nothing lost": "_clean",
    "**Firsthand**": "",
    "Firsthand behind Opus": "_own_opus",
    "Firsthand, at once": "_own_at_once",
    "Opus with networks": "_deep",
    "WebRTC's NetEQ": "_neteq",
    "libopus 1.6.1": "_libopus",
    "linear prediction, gaps closed": "_lpc_closed",
    "frame by frame, gaps closed": "_frames",
    "sample by sample, gaps closed": "_samples",
    "linear prediction": "_lpc",
    "repetition": "_repetition",
    "silence": "_zero",
}
LOSSES = {"20 ms": "20", "60 ms": "60", "120 ms": "120"}

OBJECTRON = {
    "AP, 3D overlap 0.5": "ap_iou50",
    "MPE": "mpe",
    "AP, azimuth 15 deg": "azimuth_ap15",
    "AP, elevation 10 deg": "elevation_ap10",
    "AP, 0.5, each thing once": "ap_iou50_all",
    "mean overlap": "overlap",
}
PIVOTS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "robustness_fuzz": (
        "robustness_fuzz",
        {
            "inputs tried": "executions",
            "branches taken": "edges",
            "by how often": "features",
            "inputs kept": "new",
            "searched for": "seconds",
            "findings": "findings",
        },
        {f"`{name}`": f"_{name}" for name in FUZZED},
    ),
    **{
        f"concealment_{metric}": (
            "concealment_quality",
            {length: f"{metric}_{ms}" for length, ms in LOSSES.items()},
            CONCEALERS,
        )
        for metric in ("plcmos", "pesq", "estoi")
    },
    "concealment_conditions": (
        "concealment_conditions",
        {
            f"{title}, {ms} ms": f"plcmos_{ms}_{name}"
            for name, title in (("noise", "in noise"), ("german", "German"))
            for ms in ("60", "120")
        },
        {title: name for title, name in CONCEALERS.items() if name not in ("_frames", "_samples")},
    ),
    "concealment_jitter": (
        "concealment_jitter",
        {
            f"{title}, {name}": f"{figure}_{name}"
            for name in ("calm", "rough", "spikes")
            for figure, title in (
                ("delay_ms", "delay"),
                ("concealed", "concealed"),
                ("plcmos", "PLCMOS"),
            )
        },
        {
            "Firsthand": "",
            "Firsthand, linear prediction": "_lpc",
            "WebRTC's NetEQ": "_neteq",
        },
    ),
    "objects_metrics": (
        "objects_metrics",
        OBJECTRON,
        {
            "Ours, int8": "",
            "Ours, float": "_float",
            "MediaPipe's published chairs": "_published",
            "The same box always": "_box",
        },
    ),
    "objects_own": (
        "objects_own",
        OBJECTRON,
        {
            "From one mesh, int8": "",
            "MediaPipe's published sneakers": "_published",
            "The same box always": "_box",
        },
    ),
    "soak_steps": (
        "robustness_soak",
        {
            "steps": "steps",
            "missing": "missing",
            "processor": "cpu_ms_first",
            "- last quarter": "cpu_ms_last",
            "median": "p50_ms_first",
            "- last one": "p50_ms_last",
            "99 %": "p99_ms_first",
            "- last": "p99_ms_last",
            "99.9 %": "p999_ms_first",
            "- last of it": "p999_ms_last",
            "longest": "most_ms_first",
            "- last of all": "most_ms_last",
        },
        SOAKED,
    ),
    "soak_memory": (
        "robustness_soak",
        {
            "hours": "hours",
            "worked for": "wall_s",
            "memory, warm": "mb_warm",
            "at the end": "mb_end",
            "growth": "mb_per_hour",
            "files": "files_warm",
            "files at the end": "files_end",
            "threads": "threads_warm",
            "threads at the end": "threads_end",
        },
        {title.partition(",")[0]: name for title, name in SOAKED.items()},
    ),
    "imports": (
        "packaging_install",
        {"imported": "ms_import_", "with all its public names": "ms_names_"},
        {
            f"`firsthand.{name}`": name
            for name in (
                *("graph", "runtime", "media", "measure"),
                *("hands", "objects", "speech", "concealment", "challenge", "compress"),
            )
        },
    ),
    "objects_ablation": (
        "objects_ablation",
        {
            "mean overlap": "overlap",
            "mean error of corners": "mpe",
            "overlap, less all of it": "overlap_less",
            "error, less all of it": "mpe_less",
        },
        {
            "All of it": "",
            "Not on planes: pasted anywhere": "_without_planes",
            "Without light": "_without_light",
            "Without shadow": "_without_shadow",
            "Without occlusion": "_without_occlusion",
            "Without the head of shapes": "_without_mask",
        },
    ),
}
"""Benchmark, columns and rows by their titles: a figure is named by a column's and a row's part."""

TOLD: dict[str, tuple[str, dict[str, str]]] = {"faults": ("robustness_faults", INJURED)}
"""Benchmark, and titles of what its figures' names begin with: what each figure's note tells.

Notes are `WHAT WAS DONE: WHAT CAME OF IT; lost: WHAT`; the figure is 1 where that is well, else 0.
"""
