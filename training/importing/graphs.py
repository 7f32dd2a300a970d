"""Walking an ONNX graph with all graphs inside it: the branches and bodies of its control flow."""

from collections.abc import Iterator, Mapping
from itertools import chain

from onnx import GraphProto, TensorProto


def all_graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """The graph, then the graphs in its nodes' attributes, at any depth."""
    waiting = [graph]
    while waiting:
        yield (current := waiting.pop())
        for attribute in chain.from_iterable(node.attribute for node in current.node):
            waiting += [attribute.g] if attribute.HasField("g") else []
            waiting += attribute.graphs


def all_tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Every constant tensor of all graphs."""
    for current in all_graphs(graph):
        yield from current.initializer
        sparse = list(current.sparse_initializer)
        for attribute in chain.from_iterable(node.attribute for node in current.node):
            yield from (attribute.t, *attribute.tensors)
            sparse += [attribute.sparse_tensor, *attribute.sparse_tensors]
        for tensor in sparse:
            yield from (tensor.values, tensor.indices)


def rename(graph: GraphProto, names: Mapping[str, str]) -> None:
    """Give tensors other names, wherever all graphs mention them."""
    for current in all_graphs(graph):
        for node in current.node:
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]
        for value in (*current.input, *current.output, *current.value_info):
            value.name = names.get(value.name, value.name)
        for tensor in (*current.initializer, *(sparse.values for sparse in current.sparse_initializer)):
            tensor.name = names.get(tensor.name, tensor.name)
