"""What speech representations set out for."""

from board import Row, above, at_least, at_most, within

SPEECH = (
    Row(
        "Effect above the best baseline's",
        "speech_noss.own_over_best_baseline",
        above(0.0),
        (
            ("ours", "effect_own"),
            ("int8", "effect_own_int8"),
            ("Resemblyzer", "effect_resemblyzer"),
            ("log-mel", "effect_log_mel"),
            ("MFCC", "effect_mfcc"),
            ("eGeMAPS", "effect_egemaps"),
            ("YAMNet", "effect_yamnet"),
        ),
        "%",
    ),
    Row(
        "Tasks, of 17, where no baseline is better",
        "speech_noss.tasks_won",
        at_least(17.0),
        reason="Resemblyzer heard thousands of speakers in many languages; ours learnt from hours.",
    ),
    Row(
        "Resemblyzer's time over ours",
        "speech_speed.resemblyzer_over_own",
        at_least(10.0),
        (("our network alone", "ms_per_second_own_network"), ("all of ours", "ms_per_second_own")),
        "x",
        "The network alone would reach it; half of the time is the spectrogram and what is pooled.",
    ),
    Row(
        "A second of sound, one core",
        "speech_speed.ms_per_second_own",
        at_most(1.0),
        (
            ("int8", "ms_per_second_own_int8"),
            ("log-mel", "ms_per_second_log_mel"),
            ("YAMNet", "ms_per_second_yamnet"),
            ("Resemblyzer", "ms_per_second_resemblyzer"),
            ("eGeMAPS", "ms_per_second_egemaps"),
            ("FRILL, a Pixel 1", 8.5),
        ),
    ),
    Row("Stream and whole differ by", "speech_speed.stream_difference", within(0.0, 0.0)),
    Row("Warnings of HEAR's validator", "speech_hear.warnings_own", at_most(0.0)),
    Row(
        "From 30 clips to a classifier",
        "speech_personal.ms_personalize",
        at_most(1000.0),
        (("one clip more", "ms_learn"), ("one asked", "ms_classify")),
    ),
    Row(
        "Keywords right, five clips each",
        "speech_personal.keywords_own_5",
        above("keywords_mfcc_5"),
        (
            ("MFCC", "keywords_mfcc_5"),
            ("Resemblyzer", "keywords_resemblyzer_5"),
            ("YAMNet", "keywords_yamnet_5"),
        ),
        "%",
    ),
    Row(
        "Keywords right, ten clips each, the whole network tuned",
        "speech_personal.tuned_keywords_10",
        peers=(
            ("frozen", "keywords_own_10"),
            ("takes", "tuned_seconds"),
            ("at its peak", "tuned_peak_mb"),
        ),
        unit="%",
    ),
    *(
        Row(f"Mean score above the usual lesson's: {title}", f"speech_ablation.{name}", unit="%")
        for title, name in (
            ("half as wide", "small_over_usual"),
            ("half as wide again", "large_over_usual"),
            ("Resemblyzer alone teaches", "voices_over_usual"),
            ("YAMNet alone teaches", "sounds_over_usual"),
            ("one source of speech", "readers_over_usual"),
            ("short context", "context_over_usual"),
            ("triplets alone", "triplet_over_usual"),
            ("a student of the triplet teacher", "triplet_student_over_usual"),
        )
    ),
    Row(
        "Mean score above all layers': the last alone",
        "speech_ablation.shipped_direction_over_shipped",
        peers=(("inner alone", "shipped_moments_over_shipped"),),
        unit="%",
    ),
    Row(
        "NOSS's six published data sets",
        reason="They are not at hand; their layouts are read, and tested on made-up samples.",
    ),
)
