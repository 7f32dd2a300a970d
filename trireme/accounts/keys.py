"""`trireme keys`: API keys, and the keys that sign tokens."""

import getpass
import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.identity import signing_keys
from gateway.identity.api_key import ApiKey
from gateway.identity.documents import MAX_KEY_DAYS, KeyMade, KeyShown
from gateway.identity.keys import KeyRecord
from gateway.identity.tables import now
from trireme.accounts.options import PAGE, JsonOption, RoleOption, show
from trireme.accounts.store import Store, run
from trireme.gateway_settings import gateway_settings
from trireme.settings import TriremeSettings

keys = typer.Typer(help="Manage the API keys of a gateway, and the keys that sign its tokens.", no_args_is_help=True)

PrefixArgument = Annotated[
    str, typer.Argument(metavar="PREFIX", help="The key's prefix: what is between `trk_` and `_`.")
]
OwnerOption = Annotated[str | None, typer.Option(help="A user, without whom the key doesn't work.")]
NoteOption = Annotated[str, typer.Option(help="What the key is for.")]
DaysOption = Annotated[
    int | None, typer.Option(min=1, max=MAX_KEY_DAYS, help="Days that it is valid; for good without it.")
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file to make; it must not exist.")]
KeepOption = Annotated[int, typer.Option(min=0, max=9, help="How many of the keys so far go on verifying.")]


@keys.command("list")
def list_keys(as_json: JsonOption = False) -> None:
    """List the API keys, those that are over or revoked too."""
    show([KeyShown.of(record) for record in run(_all)], as_json=as_json)


@keys.command("create")
def create(
    role: RoleOption,
    owner: OwnerOption = None,
    note: NoteOption = "",
    expires_in_days: DaysOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an API key; it is printed this once."""

    async def created(store: Store) -> tuple[ApiKey, KeyRecord]:
        expires = now() + timedelta(days=expires_in_days) if expires_in_days else None
        by = f"command:{getpass.getuser()}"[:64]
        return await store.keys.create(role=role, owner=owner, note=note, expires=expires, created_by=by)

    key, record = run(created)
    if as_json:
        typer.echo(KeyMade(**KeyShown.of(record).model_dump(), key=key.text).model_dump_json())
    else:
        # The key alone goes to the standard output, so that a script can take it.
        typer.echo(key.text)
        Console(stderr=True).print("It is shown this once: only its digest is kept.")


@keys.command("revoke")
def revoke(prefix: PrefixArgument, as_json: JsonOption = False) -> None:
    """End an API key for good."""
    show([KeyShown.of(run(lambda store: store.keys.revoke(prefix)))], as_json=as_json)


@keys.command("new-signing")
def new_signing(file: FileArgument, as_json: JsonOption = False) -> None:
    """Make a file with a first key that signs tokens, such as for a Secret of Kubernetes."""
    kid = signing_keys.create(file).kid
    typer.echo(json.dumps({"signs": kid, "verify": [kid]}) if as_json else f"Key {kid} lies in {file}: keep it secret.")


@keys.command("rotate-signing")
def rotate_signing(keep: KeepOption = 1, as_json: JsonOption = False) -> None:
    """Make a new key that signs tokens from the gateway's next start on."""
    found = signing_keys.rotate(gateway_settings(TriremeSettings()).auth_signing_keys, keep)
    if as_json:
        typer.echo(json.dumps({"signs": found[0].kid, "verify": [key.kid for key in found]}))
    else:
        typer.echo(f"Key {found[0].kid} signs from the gateway's next start on; {len(found)} keys verify.")


async def _all(store: Store) -> list[KeyRecord]:
    found = list(await store.keys.page("", PAGE))
    while found and (more := await store.keys.page(found[-1].prefix, PAGE)):
        found += more
    return found
