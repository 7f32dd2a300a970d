"""`trireme users`: who may log in."""

import typer

from gateway.identity.documents import UserShown
from gateway.identity.permissions import Role
from gateway.identity.users import User
from trireme.accounts.options import PAGE, JsonOption, NameArgument, RoleOption, StdinOption, new_password, show
from trireme.accounts.store import Store, run

users = typer.Typer(help="Manage the users of a gateway.", no_args_is_help=True)


@users.command("list")
def list_users(as_json: JsonOption = False) -> None:
    """List the users, the disabled ones too."""
    show([UserShown.of(user) for user in run(_all)], as_json=as_json)


@users.command("add")
def add(name: NameArgument, role: RoleOption, password_stdin: StdinOption = False, as_json: JsonOption = False) -> None:
    """Add a user."""
    password = new_password(from_stdin=password_stdin)

    async def added(store: Store) -> User:
        return await store.users.add(name, role, await store.passwords.hash(password))

    _show_one(run(added), as_json=as_json)


@users.command("role")
def set_role(name: NameArgument, role: Role, as_json: JsonOption = False) -> None:
    """Give a user another role."""
    _show_one(run(lambda store: store.users.change(name, role=role)), as_json=as_json)


@users.command("password")
def set_password(name: NameArgument, password_stdin: StdinOption = False, as_json: JsonOption = False) -> None:
    """Give a user another password, which ends the user's tokens."""
    password = new_password(from_stdin=password_stdin)

    async def changed(store: Store) -> User:
        return await store.users.change(name, password_hash=await store.passwords.hash(password))

    _show_one(run(changed), as_json=as_json)


@users.command("disable")
def disable(name: NameArgument, as_json: JsonOption = False) -> None:
    """Lock a user out, with all tokens and keys."""
    _show_one(run(lambda store: store.users.change(name, disabled=True)), as_json=as_json)


@users.command("enable")
def enable(name: NameArgument, as_json: JsonOption = False) -> None:
    """Let a user in again."""
    _show_one(run(lambda store: store.users.change(name, disabled=False)), as_json=as_json)


async def _all(store: Store) -> list[User]:
    found = list(await store.users.page("", PAGE))
    while found and (more := await store.users.page(found[-1].name, PAGE)):
        found += more
    return found


def _show_one(user: User, *, as_json: bool) -> None:
    show([UserShown.of(user)], as_json=as_json)
