"""A model's versions as a tree: which came from which, and what became of each."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text
from rich.tree import Tree

from contract.names import parse_triton_name

Version = Mapping[str, Any]
STYLES = {"stable": "bold green", "canary": "bold yellow", "candidate": "bold", "retired": "dim"}


def story(found: Mapping[str, Any], running: Mapping[str, Any] | None) -> Tree:
    """The tree of what `GET …/versions` answers; `running` is what `GET …/canary` answers, where a canary runs."""
    versions: list[Version] = found["versions"]
    known = {one["version"] for one in versions}
    root = Tree(Text(f"{found['model']}, revision {found['revision']} of the traffic"))
    nodes: dict[int, Tree] = {}
    for one in versions:
        # A version comes from a lower one, so that one's node is there.
        origin = came_from(found["model"], one, known)
        nodes[one["version"]] = (root if origin is None else nodes[origin]).add(_node(one, running))
    return root


def came_from(model: str, one: Version, known: set[int]) -> int | None:
    """The version of the same model that this one was fine-tuned from or had to hold against; None without one."""
    name = None if one["parent"] is None else parse_triton_name(one["parent"])
    tuned = name.version if name is not None and name.model == model else None
    for origin in (tuned, one["challenged"]):
        if origin in known and origin < one["version"]:
            return int(origin)
    return None


def _node(one: Version, running: Mapping[str, Any] | None) -> Text:
    lines = [_title(one), *(Text(line) for line in _lines(one, running))]
    return Text("\n").join(lines)


def _title(one: Version) -> Text:
    state = one["state"] or "published"
    marks = [mark for mark in ("shadow", "failed") if one[mark]]
    share = f", {one['weight']} % of the traffic" if one["weight"] else ""
    told = f"{state}{''.join(f' ({mark})' for mark in marks)}{share}"
    return Text.assemble((f"version {one['version']}  ", "bold"), (told, STYLES.get(state, "bold")))


def _lines(one: Version, running: Mapping[str, Any] | None) -> Iterator[str]:
    yield from filter(None, (_figures(one), _origin(one), _retrain(one)))
    if one["state"] == "canary" and running is not None:
        verdict = running["verdict"]
        yield f"judge now: {verdict['decision']}. {verdict['sentence']}"
    for event in _events(one):
        note = f": {event['note']}" if event["note"] else ""
        yield f"{_when(event['time'])} {event['action']} by {event['principal']}{note}"


def _events(one: Version) -> list[Mapping[str, Any]]:
    """The last verdict and the last event, the older first, once where they are one."""
    found = {event["number"]: event for event in (one["last_verdict"], one["last_event"]) if event is not None}
    return [found[number] for number in sorted(found)]


def _figures(one: Version) -> str:
    forms = (("accuracy", "{:.2%}"), ("macro_f1", "{:.3f}"), ("roc_auc", "{:.4f}"))
    names = {"accuracy": "accuracy", "macro_f1": "macro F1", "roc_auc": "ROC-AUC"}
    return ", ".join(f"{names[name]} {form.format(one[name])}" for name, form in forms if one[name] is not None)


def _origin(one: Version) -> str:
    if one["source"] is None:
        return "not in the repository any more"
    batches = f" and {one['batches']} uploaded batch{'es' if one['batches'] > 1 else ''}" if one["batches"] else ""
    tuned = f", fine-tuned from {one['parent']}" if one["parent"] else ""
    return f"published {_when(one['created'])}, from {one['source']}{batches}{tuned}"


def _retrain(one: Version) -> str:
    against = f", against version {one['challenged']}" if one["challenged"] is not None else ""
    rule = f": {one['rule']}" if one["rule"] else ""
    return f"retrained by job {one['job']}{against}{rule}" if one["job"] else ""


def _when(moment: str) -> str:
    return moment[:16].replace("T", " ")
