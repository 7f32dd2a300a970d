"""YAML of recipes: the plain values of YAML 1.2's core schema, so that `no` and `on` are texts, and nothing clever.

Repeated keys, anchors and aliases, tags and deep nesting are refused.
"""

import re
from typing import Any

import yaml

NULL, BOOL, INT, FLOAT = (f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float"))
MAX_DEPTH = 20


def _add_resolvers(target: Any) -> None:
    """Tell plain scalars apart, in reading and writing alike: what is written as a text is read as one."""
    target.add_implicit_resolver(NULL, re.compile(r"(?:~|null|)\Z"), ["~", "n", ""])
    target.add_implicit_resolver(BOOL, re.compile(r"(?:true|false)\Z"), list("tf"))
    target.add_implicit_resolver(INT, re.compile(r"[-+]?[0-9]+\Z"), list("-+0123456789"))
    number = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
    target.add_implicit_resolver(FLOAT, number, list("-+.0123456789"))


class _Loader(yaml.SafeLoader):
    """Reads."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One node, unless it is an alias or nested too deep."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(None, None, "anchors and aliases are not allowed", event.start_mark)
        if self.depth == MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, "it is nested too deep", event.start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """A dictionary, unless a key repeats."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands here twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Writes; quotes also what readers of YAML 1.1 would take for something else than text."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Whether a value that repeats is written again: always."""
        return True

    def represent_str(self, data: str) -> Any:
        """A text; one with line ends or the like on one line, with escapes."""
        node: Any = super().represent_str(data)
        node.style = node.style if data.isprintable() else '"'
        return node


_Loader.yaml_implicit_resolvers = {}  # none of YAML 1.1's
_add_resolvers(_Loader)
_add_resolvers(_Dumper)
_Dumper.add_representer(str, _Dumper.represent_str)
_Loader.add_constructor(INT, lambda _, node: int(node.value))


def read(text: str) -> tuple[Any, yaml.Node | None]:
    """The values of a document, and its nodes, which know their lines; raises `yaml.YAMLError`."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return (None if node is None else loader.construct_document(node)), node
    finally:
        loader.dispose()


def flow(value: object) -> str:
    """A value on one line."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, width=2**31, sort_keys=False, allow_unicode=True
    )
    return text.removesuffix("...\n").rstrip("\n")


def block(value: object) -> str:
    """A value on as many lines as it takes."""
    text: str = yaml.dump(value, Dumper=_Dumper, width=120, sort_keys=False, allow_unicode=True)
    return text


def line_of(node: yaml.Node | None, place: tuple[str | int, ...]) -> int | None:
    """The line, from 1, of the key or value at a place, or of the innermost one around it that is there."""
    if node is None:
        return None
    line = int(node.start_mark.line)
    for step in place:
        found = _child(node, step)
        if found is not None:
            node, line = found
    return line + 1


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        pairs = ((value, key.start_mark.line) for key, value in node.value if key.value == str(step))
        return next(pairs, None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child, int(child.start_mark.line)
    return None
