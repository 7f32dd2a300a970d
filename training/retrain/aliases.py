"""Telling trackers which version was challenged, and by which."""

from contract.jobs.documents import RetrainResult
from training.retrain.work import Office
from training.tracking.tracking import set_aliases


def tell_contest(office: Office, model: str, result: RetrainResult) -> None:
    """Name champion and challenger, where there was a champion; never fails because a tracker is away."""
    if result.champion is not None and result.published is not None:
        set_aliases(
            office.settings,
            office.console,
            office.repository,
            model=model,
            champion=result.champion,
            challenger=result.published,
        )
