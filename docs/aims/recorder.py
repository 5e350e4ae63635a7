"""What the recorder set out for."""

from board import Row, Times, above, at_least, at_most, below

SOUNDS_IT_DOES_NOT_KNOW = (
    "A third of the clips are of classes that ours does not know, and takes for some that it does."
)

RECORDER = (
    Row(
        "Words wrong, Whisper",
        "recorder_transcription.wer_whisper",
        peers=(("PocketSphinx", "wer_pocketsphinx"),),
        unit="%",
    ),
    Row(
        "Work for a second of sound, Whisper",
        "recorder_transcription.rtf_whisper",
        peers=(("PocketSphinx", "rtf_pocketsphinx"),),
        unit="s",
    ),
    Row(
        "A word's beginning off by, median",
        "recorder_transcription.word_time_median_ms",
        at_most(50.0),
    ),
    Row(
        "A word's beginning off by, worst after silence",
        "recorder_transcription.word_time_worst_ms",
        at_most(300.0),
    ),
    Row(
        "From a word's end to a guess of it, Whisper",
        "recorder_live.guess_ms_whisper",
        at_most(1000.0),
        (("nine in ten within", "guess_ms_whisper_p90"),),
    ),
    Row(
        "From a word's end to a guess of it, PocketSphinx",
        "recorder_live.guess_ms_pocketsphinx",
        at_most(1000.0),
        (("nine in ten within", "guess_ms_pocketsphinx_p90"),),
    ),
    Row(
        "From a word's end to its final text, Whisper",
        "recorder_live.final_ms_whisper",
        at_most(3000.0),
        (("nine in ten within", "final_ms_whisper_p90"),),
    ),
    Row(
        "From a word's end to its final text, PocketSphinx",
        "recorder_live.final_ms_pocketsphinx",
        at_most(3000.0),
        (("nine in ten within", "final_ms_pocketsphinx_p90"),),
    ),
    Row(
        "Sounds: mean average precision, twelve classes",
        "recorder_sounds.map_own",
        at_least("map_yamnet"),
        (("YAMNet", "map_yamnet"),),
        "%",
    ),
    Row(
        "Sounds found",
        "recorder_sounds.found_own",
        at_least("found_yamnet"),
        (("YAMNet", "found_yamnet"),),
        "%",
        "Of sneezing it is never sure enough to tell, and it is weak where sounds overlap.",
    ),
    Row(
        "Sounds told that are there",
        "recorder_sounds.right_own",
        at_least(0.9),
        (("YAMNet", "right_yamnet"),),
        "%",
        SOUNDS_IT_DOES_NOT_KNOW,
    ),
    Row(
        "A sound's beginning off by, median",
        "recorder_sounds.onset_error_ms",
        below("onset_error_ms_960_slices"),
        (("slices of 960 ms", "onset_error_ms_960_slices"), ("YAMNet", "onset_error_ms_yamnet")),
    ),
    Row(
        "A sound's end off by, median",
        "recorder_sounds.offset_error_ms",
        below("offset_error_ms_960_slices"),
        (("slices of 960 ms", "offset_error_ms_960_slices"), ("YAMNet", "offset_error_ms_yamnet")),
    ),
    Row(
        "Bars of the right colour, linear and steadied",
        "recorder_sounds.bars_right_own_held",
        at_least("bars_right_own_plain"),
        (("neither", "bars_right_own_plain"), ("slices", "bars_right_own_960_slices")),
        "%",
        "Thresholds for precision are silent where they are not sure; one threshold guesses.",
    ),
    Row(
        "Changes of colour a minute, linear and steadied",
        "recorder_sounds.changes_a_minute_own_held",
        below("changes_a_minute_own_plain"),
        (("neither", "changes_a_minute_own_plain"), ("truly", "changes_a_minute_truth")),
    ),
    Row(
        "Sounds: work for a second",
        "recorder_sounds.rtf_classification",
        at_most(0.02),
        (("YAMNet", "rtf_yamnet"),),
        "s",
    ),
    Row(
        "Wrong about who speaks, talks",
        "recorder_speakers.error_talks",
        at_most("error_talks_resemblyzer"),
        (("Resemblyzer", "error_talks_resemblyzer"), ("one speaker", "error_talks_alone")),
        "%",
    ),
    Row(
        "Wrong about who speaks, meetings",
        "recorder_speakers.error_meetings",
        at_most("error_meetings_resemblyzer"),
        (("Resemblyzer", "error_meetings_resemblyzer"), ("one speaker", "error_meetings_alone")),
        "%",
    ),
    Row(
        "Processor time of an hour of reading aloud",
        "recorder_cost.cpu_s_per_hour",
        peers=(
            ("Whisper", "cpu_s_per_hour_whisper"),
            ("or PocketSphinx", "cpu_s_per_hour_pocketsphinx"),
            ("storing", "cpu_s_per_hour_store"),
            ("voice", "cpu_s_per_hour_voice"),
            ("sounds", "cpu_s_per_hour_sounds"),
            ("speakers", "cpu_s_per_hour_speakers"),
            ("tags", "cpu_s_per_hour_tags"),
        ),
    ),
    Row(
        "Tags that are in the title",
        "recorder_tags.precision_at_3",
        above("precision_at_3_yake"),
        (
            ("YAKE", "precision_at_3_yake"),
            ("frequent nouns", "precision_at_3_count"),
            ("always right", "precision_best"),
        ),
        "%",
    ),
    Row(
        "From an hour of speech to its tags",
        "recorder_tags.ms_per_hour",
        at_most(50.0),
        (("YAKE", "ms_per_hour_yake"),),
    ),
    Row("A search in 100 hours, 99th percentile", "recorder_scale.search_ms_p99", at_most(50.0)),
    Row("Memory that all searches take", "recorder_scale.search_mb", at_most(1.0)),
    Row(
        "Five hours written down: peak memory",
        "recorder_scale.peak_mb_five_hours",
        at_most(Times(1.1, "peak_mb_five_minutes")),
        (("five minutes", "peak_mb_five_minutes"),),
    ),
    Row("Five hours in the page: usable after", "recorder_scale.page_usable_ms", at_most(1000.0)),
    Row("Five hours in the page: work of a frame", "recorder_scale.frame_work_ms", at_most(10.0)),
    Row(
        "Five hours in the page: longest task",
        "recorder_scale.longest_task_ms_wall",
        at_most(50.0),
        (("while it opens", "longest_task_ms_load"),),
    ),
    Row("Five hours in the page: memory", "recorder_scale.page_mb", at_most(300.0)),
)
