"""Writes the small .onnx models beside this file; needs `pip install onnx==1.23.2`.

    python tests/golden/models/make_onnx.py

sum_product.onnx   x, y float32 [2, 3]  ->  x + y, x * y
any_rows.onnx      the same with a free number of rows
outside.onnx       x uint8 [2]  ->  x xor the first two bytes of weights.bin in the working folder
"""

from pathlib import Path

from onnx import TensorProto, checker, helper

HERE = Path(__file__).parent


def sum_product(file_name, shape):
    x, y, total, product = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name in ("x", "y", "sum", "product")
    )
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["x", "y"], ["sum"]),
            helper.make_node("Mul", ["x", "y"], ["product"]),
        ],
        "main",
        [x, y],
        [total, product],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    model.producer_name = "make_onnx.py"
    checker.check_model(model)
    (HERE / file_name).write_bytes(model.SerializeToString())


def outside():
    weights = TensorProto(name="w", data_type=TensorProto.UINT8, dims=[2])
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "weights.bin"), ("offset", "0"), ("length", "2")):
        weights.external_data.add(key=key, value=value)
    x, y = (helper.make_tensor_value_info(name, TensorProto.UINT8, [2]) for name in "xy")
    node = helper.make_node("BitwiseXor", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "main", [x], [y], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    (HERE / "outside.onnx").write_bytes(model.SerializeToString())


if __name__ == "__main__":
    outside()
    sum_product("sum_product.onnx", [2, 3])
    sum_product("any_rows.onnx", ["rows", 3])
