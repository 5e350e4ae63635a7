"""What compression set out for."""

from board import Row, Times, at_least, at_most, below

TWO_CORES = "Two cores have no more epochs in an hour."

COMPRESSION = (
    Row(
        "CIFAR-10's teacher: right",
        "compress_cifar10.teacher_accuracy",
        at_least(0.93),
        (("among three", "teacher_top3"),),
        "%",
        TWO_CORES,
    ),
    Row(
        "The small student: right",
        "compress_cifar10.small_accuracy",
        at_least(0.90),
        (("among three", "small_top3"), ("middle", "middle_accuracy")),
        "%",
        "It does hardly better on pictures that it learns from: it lacks weights, or epochs.",
    ),
    Row(
        "The small student: times smaller",
        "compress_cifar10.small_times_smaller",
        at_least(100.0),
        (("the article, up to", 94),),
        "x",
    ),
    Row(
        "The small student: times faster",
        "compress_cifar10.small_times_faster",
        at_least(30.0),
        (("the article, up to", 27),),
        "x",
    ),
    Row(
        "The small student: times fewer operations",
        "compress_cifar10.small_times_fewer_macs",
        at_least(36.0),
        (("the article, up to", 36),),
        "x",
    ),
    Row(
        "The middle student below its teacher",
        "compress_cifar10.middle_accuracy_drop",
        at_most(0.01),
        unit="%",
        reason="Lessons were as long as two cores allow; what longer ones bring is not known.",
    ),
    Row(
        "The large student below its teacher",
        "compress_cifar10.large_accuracy_drop",
        at_most(0.01),
        unit="%",
    ),
    Row(
        "A step of all three over one of the largest",
        "compress_cifar10.joint_over_single_time",
        at_most(1.1),
        unit="x",
        reason="All three are computed in each step, and the two smaller ones have almost half of "
        "the large one's operations.",
    ),
    *(
        Row(f"What it brings the small student: {title}", f"compress_ablation.{name}", unit="%")
        for title, name in (
            ("joint training", "gain_joint"),
            ("the teacher, joint", "gain_teacher_joint"),
            ("the teacher, alone", "gain_teacher_alone"),
            ("the teacher's weights, not noise", "gain_pruning"),
            ("learning in int8, not after", "gain_int8_learnt"),
        )
    ),
    Row(
        "A classifier of 80 MB: times smaller",
        "compress_photographs.middle_times_smaller",
        at_least(16.0),
        (("large", "large_times_smaller"), ("small", "small_times_smaller")),
        "x",
    ),
    Row("A classifier of 80 MB: its file then", "compress_photographs.middle_mb", below(5.0)),
    Row(
        "A classifier of 80 MB: fewer right among three",
        "compress_photographs.middle_top3_drop",
        at_most(0.01),
        (("right at once", "middle_top1"), ("the network", "teacher_top1")),
        "%",
    ),
    Row(
        "The recorder's sounds, half as wide: precision",
        "compress_sounds.mean_average_precision_narrow",
        peers=(
            ("as bundled", "mean_average_precision_bundled"),
            ("begun from noise", "mean_average_precision_plain"),
        ),
        unit="%",
    ),
    *(
        Row(
            f"{title} by hashed projections: right",
            f"compress_text.student_accuracy{suffix}",
            peers=(
                ("transformer", f"teacher_accuracy{suffix}"),
                ("logistic regression", f"linear_accuracy{suffix}"),
                ("always the commonest", f"majority_accuracy{suffix}"),
            ),
            unit="%",
        )
        for title, suffix in (("WordNet's nouns", ""), ("Plays", "_shakespeare"))
    ),
    Row(
        "Half of the weights zero: times smaller, packed",
        "compress_weights.packed_smaller_layers_float_zeros_50",
        at_least(2.0),
        (("MobileNetV2, int8", "packed_smaller_mobilenet_int8_zeros_50"),),
        "x",
    ),
    Row(
        "Half of the weights zero: right",
        "compress_weights.accuracy_layers_float_zeros_50",
        at_least(Times(0.97, "accuracy_layers_float")),
        (("no zeros", "accuracy_layers_float"),),
        "%",
    ),
    *(
        Row(
            f"MobileNetV2 at 224, {title}: time over float's",
            f"compress_weights.time_over_float_large_{name}",
            peers=(("file", f"kb_large_{name}"), ("float's file", "kb_large_float")),
        )
        for title, name in (("int8", "int8"), ("4 bits", "int4"), ("float16", "float16"))
    ),
)
