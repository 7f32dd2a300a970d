"""Numbers and labels as sentences have them."""

from collections.abc import Sequence

LONGEST_LABEL = 24


def percent(share: float, places: int = 1) -> str:
    """0.885 → 88.5%."""
    return f"{share:.{places}%}"


def points(difference: float, places: int = 1) -> str:
    """The size of a difference of two shares: -0.013 → 1.3 points."""
    text = f"{abs(difference) * 100:.{places}f}"
    return f"{text} {'point' if float(text) == 1 else 'points'}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """1 → 1 picture; 1200 → 1,200 pictures."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def quoted(label: str) -> str:
    """A label inside a sentence; a very long one is cut in its middle."""
    return f"“{shortened(label, 40)}”"


def listed(items: Sequence[str]) -> str:
    """["a", "b", "c"] → a, b and c."""
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def all_labels(number: int) -> str:
    """2 → both labels; 10 → all 10 labels."""
    return "both labels" if number == 2 else f"all {number} labels"


def shortened(label: str, longest: int = LONGEST_LABEL) -> str:
    """The label, cut in its middle where it is longer: endings tell labels apart as often as beginnings."""
    if len(label) <= longest:
        return label
    head = (longest - 1) * 2 // 3
    return f"{label[:head]}…{label[head - longest + 1 :]}"
