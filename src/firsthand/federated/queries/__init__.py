"""Questions for a fleet: what a device computes, how it is counted, what the analyst gets."""

from firsthand.federated.queries.answer import Answer, Estimate
from firsthand.federated.queries.counting import Count, Distinct, Histogram
from firsthand.federated.queries.evaluating import Evaluation
from firsthand.federated.queries.extending import Extensions
from firsthand.federated.queries.measuring import Mean, Rate, Sum
from firsthand.federated.queries.quantiles import Quantiles
from firsthand.federated.queries.query import Query, query_from, query_to

__all__ = [
    "Answer", "Count", "Distinct", "Estimate", "Evaluation", "Extensions",
    "Histogram", "Mean", "Quantiles",
    "Query", "Rate", "Sum", "query_from", "query_to",
]  # fmt: skip
