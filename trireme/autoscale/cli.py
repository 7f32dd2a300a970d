"""`trireme autoscale`."""

import json
import re
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table

from contract.files import write_atomically
from loadtest.errors import LoadTestError
from loadtest.kubernetes_api import KubernetesApi
from loadtest.startup import startups
from trireme.autoscale import startup
from trireme.autoscale.errors import PlanImpossible, StartupUnknown
from trireme.autoscale.explain import show
from trireme.autoscale.finding import Measuring, find
from trireme.autoscale.plan import Plan, plan
from trireme.autoscale.reasons import FORMULA, reasons
from trireme.autoscale.values import Provider, chart_values, document
from trireme.autoscale.wish import Wish
from trireme.connected import connected
from trireme.errors import FileUnwritable
from trireme.settings import TriremeSettings

autoscale = typer.Typer(add_completion=False, no_args_is_help=True, help="How a model is to be scaled, and why.")


@autoscale.callback()
def _root() -> None:
    """How a model is to be scaled, and why."""


ModelArgument = Annotated[str, typer.Argument(metavar="MODEL[:VERSION]", help="A model; its newest version.")]
RateOption = Annotated[list[float], typer.Option(min=0.001, help="Requests a second that are expected; repeatable.")]
ItemsOption = Annotated[float, typer.Option(min=1, help="Pictures or rows in a request, on average.")]
SloOption = Annotated[float, typer.Option(min=0.1, help="99 % are to be answered within so many ms.")]
StartupOption = Annotated[float, typer.Option(min=0, help="Seconds from the decision for a replica to its answers.")]
GrowthOption = Annotated[float, typer.Option(min=0, help="Percent by which the load may grow within a minute.")]
ServiceOption = Annotated[float | None, typer.Option(min=0.001, help="Ms for one item, where nobody measured it.")]
BatchMsOption = Annotated[float | None, typer.Option(min=0.001, help="Ms for a full batch; else as many single ones.")]
BatchOption = Annotated[int | None, typer.Option(min=1, help="Largest batch; else the version's, or 32.")]
InstancesOption = Annotated[int | None, typer.Option(min=1, help="Instances in a replica; else the version's, or 1.")]
TunedOption = Annotated[bool, typer.Option("--tuned", help="The tuned engine serves, not its fallback.")]
GatewayOption = Annotated[str | None, typer.Option(help="Measure over this gateway, under a short load.")]
ReplicasOption = Annotated[int, typer.Option(min=1, help="Replicas behind that gateway.")]
SecondsOption = Annotated[float, typer.Option(min=0.5, help="Seconds of each of the two measurements there.")]
DataOption = Annotated[Path | None, typer.Option(help="A file of rows for it, where the model takes rows.")]
OverheadOption = Annotated[float, typer.Option(min=0, help="Ms that gateway and network add.")]
MinOption = Annotated[int, typer.Option(min=1, help="Replicas that there are always.")]
ProviderOption = Annotated[str, typer.Option(help="What scales: hpa or keda.")]
ValuesOption = Annotated[Path | None, typer.Option("--values", metavar="FILE", help="Write the chart's values there.")]
RepositoryOption = Annotated[Path | None, typer.Option(help="Folder of the model repository.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NameArgument = Annotated[str, typer.Argument(help="The model's name.")]
SinceOption = Annotated[str, typer.Option("--since", metavar="TIME", help="How far back: 90s, 30m, 2h, 1d.")]
UrlOption = Annotated[str | None, typer.Option(help="The gateway's address.")]
NamespaceOption = Annotated[str, typer.Option("--namespace", "-n", help="Where the model's replicas are.")]
KubeconfigOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="How to reach Kubernetes; else KUBECONFIG or ~/.kube/config.")
]
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@autoscale.command("plan")
def plan_(
    model: ModelArgument,
    rate: RateOption,
    items: ItemsOption = 1.0,
    slo_ms: SloOption = 250.0,
    startup_s: StartupOption = 30.0,
    growth: GrowthOption = 20.0,
    service_ms: ServiceOption = None,
    batch_ms: BatchMsOption = None,
    batch: BatchOption = None,
    instances: InstancesOption = None,
    tuned: TunedOption = False,
    gateway: GatewayOption = None,
    gateway_replicas: ReplicasOption = 1,
    seconds: SecondsOption = 5.0,
    data: DataOption = None,
    overhead_ms: OverheadOption = 5.0,
    min_replicas: MinOption = 1,
    provider: ProviderOption = "hpa",
    values: ValuesOption = None,
    repository: RepositoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Derive targets, bounds and behaviour of the autoscaler from the model's measured service time.

    The time is what `trireme tune` measured for the version, or what --gateway measures now, or --service-ms.
    """
    if provider not in get_args(Provider):
        raise typer.BadParameter("hpa or keda", param_hint="--provider")
    wish = Wish(
        slo_s=slo_ms / 1000,
        rates=tuple(one * items for one in rate),
        together=items,
        startup_s=startup_s,
        growth_per_minute=growth / 100,
        overhead_s=overhead_ms / 1000,
        min_replicas=min_replicas,
    )
    measuring = Measuring(service_ms, batch_ms, batch, instances, tuned, gateway, gateway_replicas, seconds, data)
    try:
        service = find(model, repository or TriremeSettings().repository, measuring)
    except LoadTestError as error:
        raise PlanImpossible(str(error)) from error
    found = plan(model.partition(":")[0], service, wish)
    chosen: Provider = "keda" if provider == "keda" else "hpa"
    _show(found, chosen, as_json=as_json)
    if values is not None:
        _write(values, found, chosen)


@autoscale.command("explain")
def explain_(
    model: NameArgument, since: SinceOption = "1h", url: UrlOption = None, as_json: JsonOption = False
) -> None:
    """Say why there are as many replicas as there are: metrics, targets, each decision, and what limited it."""
    said = re.fullmatch(r"([1-9]\d{0,5})([smhd])", since)
    if said is None:
        raise typer.BadParameter("a time is like 90s, 30m, 2h or 1d", param_hint="--since")
    with connected(url) as client:
        found = client.autoscaling(model, window_s=int(said[1]) * SECONDS[said[2]])
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        show(found)


@autoscale.command("startup")
def startup_(
    model: NameArgument,
    namespace: NamespaceOption = "default",
    kubeconfig: KubeconfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how long each replica took to start, and with what: a node, storage, the image, the server."""
    try:
        api = KubernetesApi(kubeconfig, namespace)
        try:
            found = startups(api, model)
        finally:
            api.close()
    except LoadTestError as error:
        raise StartupUnknown(str(error)) from error
    if as_json:
        typer.echo(json.dumps(startup.document(found), indent=2))
    else:
        startup.show(found)


def _show(found: Plan, provider: Provider, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(document(found, provider), indent=2))
        return
    table = Table("", "value", "why", title=f"Scaling {found.model}", title_justify="left", caption=FORMULA)
    for one in reasons(found):
        table.add_row(*one)
    console = Console(highlight=False)
    console.print(table)
    for rate in found.wish.rates:
        console.print(f"{rate:,.1f} items a second: {found.replicas(rate)} replicas")


def _write(path: Path, found: Plan, provider: Provider) -> None:
    """JSON is YAML; Helm takes both."""
    text = f"# From trireme autoscale plan {found.model}\n{json.dumps(chart_values(found, provider), indent=2)}\n"
    try:
        write_atomically(path, text.encode())
    except OSError:
        raise FileUnwritable(f"{path} can't be written.") from None
