"""What an upload is to be, apart from its examples."""

from dataclasses import dataclass

from contract.card import VersionCard
from contract.examples.batch import Use


@dataclass(frozen=True)
class Terms:
    """The parameters of one upload."""

    card: VersionCard
    """The version that examples are checked against."""
    use: Use
    note: str
    principal: str
    strict: bool
    """Whether one example that can't be taken makes the whole upload fail."""
