"""The layers inside a .tflite file, made outputs of it.

What a network knows on its way is often more widely useful than its answer (Shor et al. 2020,
arXiv:2002.12764, table 2).
"""

from collections.abc import Sequence

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from firsthand.errors import ModelError
from firsthand.runtime.backends.litert_operators import DAMAGE


def with_outputs(data: bytes, tensors: Sequence[int], where: str) -> bytes:
    """Return a .tflite file whose outputs are the tensors of these numbers, in this order.

    Numbers are of the first subgraph, as LiteRT's own `get_tensor_details` has them. Weights are
    the same; of what only the former outputs needed nothing is taken away. `where` names the file
    in errors: `ModelError` for a number that no tensor has, or a file that is none.
    """
    try:
        model = schema.ModelT.InitFromPackedBuf(data)
        graph = model.subgraphs[0]
        wrong = [each for each in tensors if not 0 <= each < len(graph.tensors)]
        if not wrong:
            graph.outputs = list(tensors)
            model.signatureDefs = None  # they name the former outputs
            builder = flatbuffers.Builder(len(data) + 1024)
            builder.Finish(model.Pack(builder), b"TFL3")
            return bytes(builder.Output())
    except DAMAGE as error:
        raise ModelError(f"{where}: cannot be read as a .tflite file: {error}") from error
    raise ModelError(f"{where}: has tensors 0 to {len(graph.tensors) - 1}, none of number {wrong}")
