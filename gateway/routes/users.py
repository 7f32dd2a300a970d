"""Users, managed by admins."""

from typing import Annotated

from fastapi import APIRouter, Path

from gateway.errors import Overloaded
from gateway.identity.documents import NewUser, UserChange, UserPage, UserShown
from gateway.identity.errors import AccountInvalid, LastAdmin, PasswordUnfit, UserExists, UserUnknown
from gateway.identity.tables import NAME_LENGTH
from gateway.routes.accounts import ALWAYS, AfterQuery, LimitQuery
from gateway.routes.describe import problems
from gateway.services import Given

router = APIRouter(prefix="/v1/users", tags=["accounts"])

NamePath = Annotated[str, Path(max_length=NAME_LENGTH, description="The user's name.")]


@router.get("", responses=problems(*ALWAYS))
async def list_users(services: Given, after: AfterQuery = "", limit: LimitQuery = 100) -> UserPage:
    """Users by name, the disabled ones too."""
    users = await services.identity.ours().users.page(after, limit)
    return UserPage(users=[UserShown.of(user) for user in users], next=users[-1].name if len(users) == limit else None)


@router.post("", status_code=201, responses=problems(*ALWAYS, AccountInvalid, UserExists, PasswordUnfit, Overloaded))
async def add_user(services: Given, new: NewUser) -> UserShown:
    """Add a user."""
    accounts = services.identity.ours()
    hashed = await accounts.passwords.hash(new.password.get_secret_value())
    return UserShown.of(await accounts.users.add(new.name, new.role, hashed))


@router.patch("/{name}", responses=problems(*ALWAYS, UserUnknown, LastAdmin, PasswordUnfit, Overloaded))
async def change_user(services: Given, name: NamePath, change: UserChange) -> UserShown:
    """Change a user's role or password, lock the user out, or let the user in again: all of it, or nothing."""
    accounts = services.identity.ours()
    password = change.password
    hashed = None if password is None else await accounts.passwords.hash(password.get_secret_value())
    user = await accounts.users.change(name, role=change.role, disabled=change.disabled, password_hash=hashed)
    services.identity.forget()
    return UserShown.of(user)


@router.delete("/{name}", responses=problems(*ALWAYS, UserUnknown, LastAdmin))
async def disable_user(services: Given, name: NamePath) -> UserShown:
    """Lock a user out, with all tokens and keys. The name stays: what the user did is on record."""
    user = await services.identity.ours().users.change(name, disabled=True)
    services.identity.forget()
    return UserShown.of(user)
