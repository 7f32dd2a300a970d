"""The verbs of the `trireme` command; each is imported when it is used, so that `trireme --help` answers at once."""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

from trireme.errors import ExtraMissing


class Verb(NamedTuple):
    """One verb: where its Typer app lies, the extra that it needs, and what `--help` says."""

    name: str
    target: str
    extra: str | None
    help: str


VERBS = (
    Verb("data", "training.data.cli:data", "training", "Get data sets; load, convert and describe tables."),
    Verb("train", "training.cli:train", "training", "Train a model; with --publish, publish it too."),
    Verb("publish", "training.publish.cli:publish", "training", "Convert, prove and publish a finished training run."),
    Verb("import", "training.importing.cli:import_", "training", "Publish a model that was trained elsewhere."),
    Verb("push", "training.store.cli:push", "training", "Copy a published version into an object store."),
    Verb("figures", "training.figures.cli:figures", "training", "Write a run's figures and curves as plain files."),
    Verb("report", "training.report.cli:report", "training", "Show a version's report, or compare two versions."),
    Verb("tune", "training.tuning.cli:tune", "training", "Find the fastest engine that stays exact, by measurement."),
    Verb("models", "trireme.models:models", None, "List the published models and versions, or show one."),
    Verb("serve", "trireme.serve.cli:serve", "gateway,modelserver", "Serve the repository on this machine."),
    Verb("log", "trireme.log:log", "gateway", "Export the prediction log, or say how it stands."),
    Verb("predict", "trireme.predict:predict", None, "Send pictures, or a table's file, to a running gateway."),
    Verb("upload", "trireme.upload:upload", None, "Send labelled pictures, or a table with labels, as training data."),
    Verb("retrain", "trireme.retrain:retrain", None, "Have a gateway train a version, and publish it if it is good."),
    Verb("evaluate", "trireme.evaluate:evaluate", None, "Have a gateway find out how good a version is."),
    Verb("jobs", "trireme.jobs:jobs", None, "List a gateway's jobs, show or cancel one."),
    Verb("versions", "trireme.releases:versions", None, "Show what a model's versions came from and came to."),
    Verb("canary", "trireme.releases:canary", None, "Give a version a part of the traffic."),
    Verb("promote", "trireme.releases:promote", None, "Make a version the one that answers."),
    Verb("rollback", "trireme.releases:rollback", None, "End the canary, or go back to the version before."),
    Verb("drift", "trireme.drift:drift", None, "Show how far predictions are from what a version was trained on."),
    Verb("autoscale", "trireme.autoscale.cli:autoscale", "loadtest", "Derive how to scale a model, and say why."),
    Verb("load", "loadtest.cli:load", "loadtest", "Put a gateway under load with Locust."),
    Verb("experiment", "loadtest.experiment.cli:experiment", "loadtest", "Measure how serving scales with replicas."),
    Verb("capacity", "loadtest.capacity.cli:capacity", "loadtest", "Predict what a cluster would do, by simulation."),
    Verb("users", "trireme.accounts.users:users", "gateway", "Manage the users of a gateway."),
    Verb("keys", "trireme.accounts.keys:keys", "gateway", "Manage API keys, and the keys that sign tokens."),
    Verb("database", "trireme.accounts.database:database", "gateway", "The schema of the gateway's database."),
)


class LazyCommand(TyperCommand):
    """Stands for a verb in listings; becomes the real command when its context is made."""

    def __init__(self, verb: Verb) -> None:
        super().__init__(verb.name, help=verb.help)
        self.verb = verb

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the real command."""
        return load(self.verb).make_context(info_name, args, parent=parent, **extra)


def load(verb: Verb) -> Any:
    """Import a verb and build its command; raises ModuleNotFoundError where a package isn't installed."""
    module, _, attribute = verb.target.partition(":")
    return typer.main.get_command(getattr(import_module(module), attribute))


def missing_extra(verb: Verb | None) -> ExtraMissing:
    """The sentence for a verb whose extra isn't installed."""
    if verb is None or verb.extra is None:
        return ExtraMissing("A package that Trireme needs isn't installed; install it anew.")
    return ExtraMissing(
        f"`trireme {verb.name}` needs a part that isn't installed; install it with: pip install 'trireme[{verb.extra}]'"
    )
