"""What packet loss concealment set out for."""

from board import Row, above, above_errors, at_least, at_most, not_surely_above

NETWORKS_BRING_LITTLE = (
    "Closing gaps from both sides does most of it; the networks learnt for less than an hour."
)
OPUS_ML = "By PESQ Opus's networks do as well; ours learnt for less than an hour."
BEHIND_OPUS = "The first sound after a gap goes on from what the decoder made up, not from speech."
FEW_WORDS = "Words are lost with the sound, whoever fills it; the utterances are few."
NOISE = "In noise nothing is won at short gaps; why is not known."
AS_NETEQ = "The buffer follows NetEQ's rules; what makes the small difference is not known."
JITTER = (
    ("calm", "jitter of 5 ms"),
    ("rough", "jitter of 20 ms"),
    ("spikes", "with spikes of 120 ms"),
)
RIVALS = (
    ("NetEQ", "neteq"),
    ("libopus", "libopus"),
    ("linear prediction", "lpc"),
    ("Opus with networks", "deep"),
)

CONCEALMENT = (
    *(
        Row(
            f"PLCMOS above that of NetEQ, by how much, gaps of {ms} ms",
            f"concealment_quality.plcmos_{ms}_minus_neteq",
            at_least(bound),
            (
                ("ours", f"plcmos_{ms}"),
                ("NetEQ", f"plcmos_{ms}_neteq"),
                ("nothing lost", f"plcmos_{ms}_clean"),
            ),
            reason=reason,
        )
        for ms, bound, reason in (
            (20, 0.0, ""),
            (60, 0.3, NETWORKS_BRING_LITTLE),
            (120, 0.6, "Sound that has lost nothing is hardly as far above NetEQ's."),
        )
    ),
    *(
        Row(
            f"PLCMOS above that of {title}, gaps of {ms} ms",
            f"concealment_quality.plcmos_{ms}_minus_{name}",
            above_errors(2, f"plcmos_{ms}_minus_{name}_se"),
            ((title, f"plcmos_{ms}_{name}"),),
        )
        for ms in (60, 120)
        for title, name in RIVALS[:3]
    ),
    *(
        Row(
            f"PLCMOS above that of Opus with networks, gaps of {ms} ms",
            f"concealment_quality.plcmos_{ms}_minus_deep",
            above(0.0),
            (("Opus with networks", f"plcmos_{ms}_deep"),),
        )
        for ms in (60, 120)
    ),
    *(
        Row(
            f"PESQ above that of {title}, gaps of {ms} ms",
            f"concealment_quality.pesq_{ms}_minus_{name}",
            above(0.0),
            (("ours", f"pesq_{ms}"), (title, f"pesq_{ms}_{name}")),
            reason=OPUS_ML if name == "deep" else "",
        )
        for ms in (60, 120)
        for title, name in RIVALS
    ),
    *(
        Row(
            f"Behind Opus's decoder: PLCMOS above that of {title}, {ms} ms",
            f"concealment_quality.plcmos_{ms}_opus_minus_{name}",
            above(0.0),
            (("ours", f"plcmos_{ms}_own_opus"), (title, f"plcmos_{ms}_{name}")),
            reason=BEHIND_OPUS if ms == 60 and name in ("libopus", "deep") else "",
        )
        for ms in (60, 120)
        for title, name in (RIVALS[0], RIVALS[1], RIVALS[3])
    ),
    Row(
        "tPLCnet as published",
        reason="Its weights were not at hand; a network of its kind was trained, and is not the "
        "one that is shipped.",
    ),
    Row(
        "More words wrong than in the clean sound",
        "concealment_quality.wer_change",
        not_surely_above(0.0),
        (("NetEQ", "wer_change_neteq"), ("silence", "wer_change_zero")),
        reason=FEW_WORDS,
    ),
    *(
        Row(
            f"{words}: PLCMOS above that of {title}, {ms} ms",
            f"concealment_conditions.plcmos_{ms}_{name}_minus_{rival}",
            above(0.0),
            (("ours", f"plcmos_{ms}_{name}"), (title, f"plcmos_{ms}_{name}_{rival}")),
            reason=NOISE if (name, ms) == ("noise", 60) and rival in ("neteq", "deep") else "",
        )
        for words, name in (("In noise", "noise"), ("In German", "german"))
        for ms in (60, 120)
        for title, rival in RIVALS
    ),
    *(
        Row(
            f"In German: PLCMOS beside our linear prediction's, {ms} ms",
            f"concealment_conditions.plcmos_{ms}_german",
            at_least(f"plcmos_{ms}_german_lpc_closed"),
            (("gaps closed", f"plcmos_{ms}_german_lpc_closed"),),
            reason="The networks learnt from no German; linear prediction learns nothing at all.",
        )
        for ms in (60, 120)
    ),
    Row(
        "10 ms made up, median",
        "concealment_speed.ms_per_10ms_median",
        at_most(1.0),
        (("linear prediction", "ms_per_10ms_lpc_median"), ("at 48 kHz", "ms_per_10ms_48k_median")),
    ),
    Row(
        "10 ms made up, 99th percentile",
        "concealment_speed.ms_per_10ms_p99",
        at_most(2.5),
        (("linear prediction", "ms_per_10ms_lpc_p99"), ("at 48 kHz", "ms_per_10ms_48k_p99")),
        reason="The first block of a gap, and the one that closes it, wait for recursions of 320 "
        "and 200 steps, and all for a machine whose cores are shared.",
    ),
    Row("Both networks' files", "concealment_speed.model_mb", at_most(4.0)),
    *(
        Row(
            f"Sound waits in the buffer, {title}",
            f"concealment_jitter.delay_ms_{name}",
            at_most(f"delay_ms_{name}_neteq"),
            (("NetEQ", f"delay_ms_{name}_neteq"),),
            reason=AS_NETEQ if name == "calm" else "",
        )
        for name, title in JITTER
    ),
    *(
        Row(
            f"Sound made up, {title}",
            f"concealment_jitter.concealed_{name}",
            at_most(f"concealed_{name}_neteq"),
            (("NetEQ", f"concealed_{name}_neteq"),),
            reason=AS_NETEQ,
        )
        for name, title in JITTER
    ),
    *(
        Row(
            f"PLCMOS of what is heard, {title}",
            f"concealment_jitter.plcmos_{name}",
            at_least(f"plcmos_{name}_neteq"),
            (("NetEQ", f"plcmos_{name}_neteq"),),
            reason=AS_NETEQ,
        )
        for name, title in JITTER
    ),
)
