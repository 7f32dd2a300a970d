"""How the labels are distributed over the splits."""

from matplotlib.figure import Figure

from training.report import style
from training.report.material import Material
from training.report.section import Section
from training.report.words import counted, quoted

MOST = 30
"""The plot shows the most and the least frequent labels, up to so many in all."""
BALANCED = 1.05
"""Labels count as balanced up to this ratio of the most to the least frequent."""

Counts = dict[str, dict[str, int]]
"""Examples by split and label."""


def section(material: Material) -> Section | None:
    """The section, where the data are known."""
    counts, noun = _counts(material), material.noun
    if counts is None:
        return None
    return Section("labels", "Labels in each split", sentence(counts, noun), lambda: _draw(counts, noun))


def _counts(material: Material) -> Counts | None:
    if material.findings is not None:
        return material.findings.counts
    return material.data.counts() if material.data is not None else None


def sentence(counts: Counts, noun: str = "picture") -> str:
    """How many examples there are, and how evenly the labels share them."""
    sizes = ", ".join(f"{sum(split.values()):,} {name}" for name, split in counts.items())
    return f"{sizes} {noun}s; {_balance(counts['train'], noun)}{_others(counts, noun)}."


def _balance(train: dict[str, int], noun: str) -> str:
    most, least = max(train, key=train.__getitem__), min(train, key=train.__getitem__)
    if train[most] == train[least]:
        return f"in training each of the {len(train)} labels has {counted(train[most], noun)}"
    ratio = train[most] / max(1, train[least])
    word = "almost balanced" if ratio <= BALANCED else "unbalanced"
    times = f"{ratio:.2f}" if ratio < 2 else f"{ratio:.1f}"
    return (
        f"training is {word}: {quoted(most)}, the most frequent label, has {times} times as many {noun}s "
        f"({train[most]:,}) as {quoted(least)}, the rarest ({train[least]:,})"
    )


def _others(counts: Counts, noun: str) -> str:
    """Which label's share in testing differs most from its share in training, where one differs visibly."""
    train, test = (_shares(counts[name]) for name in ("train", "test"))
    label = max(train, key=lambda name: abs(train[name] - test[name]))
    if abs(train[label] - test[label]) < 0.01:
        return f", and the test {noun}s share them alike"
    return f", but {quoted(label)} is {train[label]:.1%} of the training and {test[label]:.1%} of the test {noun}s"


def _shares(split: dict[str, int]) -> dict[str, float]:
    total = max(1, sum(split.values()))
    return {label: count / total for label, count in split.items()}


def _draw(counts: Counts, noun: str) -> Figure:
    train = counts["train"]
    ordered = sorted(train, key=lambda label: -train[label])
    shown = ordered if len(ordered) <= MOST else ordered[: MOST // 2] + ordered[-MOST // 2 :]
    figure = style.figure(1.2 + 0.3 * len(shown))
    axes = figure.subplots()
    thick = 0.8 / len(counts)
    for place, (name, split) in enumerate(counts.items()):
        rows = [row + (place - (len(counts) - 1) / 2) * thick for row in range(len(shown))]
        axes.barh(rows, [split[label] for label in shown], thick, color=style.PALETTE[place], label=name)
    names = style.plot_labels(tuple(train))
    axes.set_yticks(range(len(shown)), [names[label] for label in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel(f"{noun}s")
    if len(ordered) > MOST:
        axes.set_title(f"The {MOST // 2} most and the {MOST // 2} least frequent of {len(ordered)} labels")
    figure.legend(loc="outside lower center", ncols=len(counts))
    return figure
