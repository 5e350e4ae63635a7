"""What federated analytics set out for."""

from board import Row, at_least, at_most, within

FEDERATED = (
    *(
        Row(f"Server's processor time, {title} lost", f"federated_secagg.{name}", at_most(bound))
        for title, name, bound in (
            ("none", "server_cpu_s_0", 0.15),
            ("a tenth", "server_cpu_s_10", 0.6),
            ("three tenths", "server_cpu_s_30", 1.4),
        )
    ),
    Row("A device's processor time", "federated_secagg.client_cpu_ms", at_most(20.0)),
    Row(
        "Flower's server over ours, a tenth lost",
        "federated_secagg.server_ratio_flower",
        at_least(150.0),
        (("Flower's", "server_cpu_s_flower"), ("ours", "server_cpu_s_10")),
        "x",
    ),
    Row(
        "Flower's device over ours",
        "federated_secagg.client_ratio_flower",
        at_least(20.0),
        (("Flower's", "client_cpu_ms_flower"), ("ours", "client_cpu_ms")),
        "x",
        "Ours verifies signatures of all its neighbours, which Flower's protocol does not have.",
    ),
    Row(
        "What a device sends and is sent, over its vector",
        "federated_secagg.expansion",
        at_most(1.1),
        (("the paper, from", 1.73),),
        "x",
        "Neighbours' signed keys and shares are a little more than a tenth.",
    ),
    Row(
        "Error of a bin over what was planned",
        "federated_queries.histogram_error_over_theory",
        within(0.9, 1.1),
    ),
    Row(
        "Error of a rank over its bound",
        "federated_queries.quantile_error_over_bound",
        at_most(1.0),
    ),
    Row(
        "Accuracy over devices less the central one",
        "federated_queries.accuracy_difference",
        within(0.0, 0.0),
        (("both", "accuracy_federated"),),
    ),
    Row("Masked vectors are uniform, least p", "federated_queries.uniform_p", at_least(0.05)),
    Row(
        "Of twenty songs, found at epsilon 2",
        "federated_queries.song_precision_20",
        unit="%",
    ),
    Row(
        "Rounds exact, a tenth of 200 devices killed",
        "federated_service.rounds_exact",
        at_least(1.0),
        unit="%",
    ),
    Row(
        "Rounds as promised, the server killed 50 times",
        "federated_service.kills_survived",
        at_least(1.0),
        unit="%",
    ),
    Row(
        "Visits kept, SQLite",
        "federated_service.checkins_per_s_sqlite",
        peers=(("99th percentile", "p99_ms"),),
    ),
    Row(
        "Visits kept, PostgreSQL",
        "federated_service.checkins_per_s_postgresql",
        peers=(("99th percentile", "p99_ms_postgresql"),),
    ),
    *(
        Row(
            f"{title}: found words that somebody has",
            f"federated_discovery.{name}_precision",
            at_least(1.0),
            unit="%",
        )
        for title, name in (("TrieHH", "triehh"), ("Prefix tree", "prefix_tree"))
    ),
    *(
        Row(
            f"{title}: of the 50 commonest, epsilon 4",
            f"federated_discovery.{name}_recall_4",
            peers=(
                ("epsilon 1", f"{name}_recall_1"),
                ("a tenth of the devices", f"{name}_recall_4_100k"),
            ),
            unit="%",
        )
        for title, name in (("TrieHH", "triehh"), ("Prefix tree", "prefix_tree"))
    ),
    Row(
        "New words: right of the first 1,000 said",
        "federated_discovery.words_precision_1000",
        peers=(
            ("found of the 1,000 commonest", "words_recall_1000"),
            ("said at all", "words_recall_said"),
        ),
        unit="%",
    ),
    Row(
        "Songs recognised, more in three regions",
        "federated_discovery.song_rate_change",
        peers=(("the article", 0.05),),
        unit="%",
    ),
    Row(
        "Difficult words: commonest endings found",
        "federated_difficult.endings_found",
        peers=(("said, and wrong", "said_wrong"), ("said, and typed", "said_real")),
        unit="%",
    ),
    Row(
        "Hand signs taught over a fleet: right",
        "federated_head.accuracy_federated",
        peers=(("in one place", "accuracy_central"), ("private", "accuracy_private")),
        unit="%",
    ),
    Row(
        "A device's share of a round, cohort of 500",
        "federated_scale.cpu_ms_device_500",
        peers=(("of 50", "cpu_ms_device_50"), ("of 1,000", "cpu_ms_device_1000")),
    ),
    Row(
        "A million devices: masked sums that are right",
        "federated_scale.million_equal",
        at_least(1.0),
        (("in all", "million_s"),),
        "%",
    ),
)
