"""A cluster for people: `python -m tests.cluster.kit up`, `shell`, `status`, `down`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tests.cluster.kit.errors import KitError
from tests.cluster.kit.hermetic import Hermetic, end, inside
from tests.cluster.kit.images.builder import ImageSource
from tests.cluster.kit.launch import running
from tests.cluster.kit.packages import install_packages, named
from tests.cluster.kit.provider import UP
from tests.cluster.kit.settings import ClusterSettings

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Name = Annotated[str, typer.Option(help="The cluster's name: several can be up.")]


def say(message: str) -> None:
    """Tell the person what happens; results go to standard output."""
    typer.echo(message, err=True)


def hermetic() -> Hermetic:
    """The clusters of this machine."""
    return Hermetic(ClusterSettings(), say)


@app.command()
def deps() -> None:
    """Install the Debian packages the cluster needs (as root)."""
    installed = install_packages()
    say(f"Installed {named(installed)}." if installed else "Every package is there.")


@app.command()
def build() -> None:
    """Build and cache everything a cluster is made of, and start nothing."""
    hermetic().build()


@app.command()
def up(name: Name = UP) -> None:
    """Start a cluster with KServe that lives until `down`."""
    cluster = hermetic().start(name, tethered=False)
    say("`make cluster-shell` gives a shell with kubectl; for other programs:")
    typer.echo(f"export KUBECONFIG={cluster.kubeconfig}")


@app.command()
def status(name: Name = UP) -> None:
    """Show the cluster's nodes and pods; exit 1 where it isn't up."""
    kubectl = hermetic().attach(name).kubectl
    typer.echo(kubectl.run("get", "nodes,pods", "-A", "-o", "wide"), nl=False)


@app.command(context_settings={"ignore_unknown_options": True})
def shell(
    name: Name = UP, command: Annotated[list[str] | None, typer.Argument(help="Default: a shell.")] = None
) -> None:
    """Run a shell, or a command, in the cluster's network with kubectl at hand: Services and pods answer by address."""
    clusters = hermetic()
    cluster = clusters.attach(name)
    kubectl = Path(cluster.kubectl.program)
    environment = cluster.kubectl.environment | {
        # Inside, the API server has its own port, and the port of outside is not there.
        "KUBECONFIG": str(clusters.state(name).inside_kubeconfig),
        "PATH": f"{kubectl.parent}{os.pathsep}{os.environ['PATH']}",
    }
    words = [*inside(clusters.state(name)), *(command or [os.environ.get("SHELL", "/bin/sh")])]
    os.execvpe(words[0], words, environment)  # noqa: S606 - the person's own command, which gets the terminal


@app.command()
def image(name: str, dockerfile: Path, context: Path = Path(), cluster: Name = UP) -> None:
    """Build a Dockerfile and load the image into the cluster."""
    typer.echo(hermetic().attach(cluster).build_and_load(ImageSource(name, dockerfile, context)))


@app.command()
def down(name: Name = UP) -> None:
    """End the cluster and remove every trace of it."""
    state = hermetic().state(name)
    say(f"Ending the cluster {name!r}." if running(state) else f"No cluster {name!r} is up.")
    end(state)


def main() -> None:
    """Run a command; an error is one sentence and exit status 1."""
    try:
        app()
    except KitError as error:
        say(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
