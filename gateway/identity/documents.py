"""What the endpoints of accounts take and answer."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from gateway.identity.keys import KeyRecord
from gateway.identity.passwords import MAX_BYTES
from gateway.identity.permissions import Permission, Role
from gateway.identity.principal import Kind, Principal
from gateway.identity.tables import NAME_LENGTH, NOTE_LENGTH
from gateway.identity.users import User

Name = Annotated[str, Field(max_length=NAME_LENGTH)]
Password = Annotated[SecretStr, Field(max_length=MAX_BYTES)]
MAX_KEY_DAYS = 3650


class Given(BaseModel):
    """What a caller sends: no field that isn't known, so that a misspelt one isn't dropped silently."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Login(Given):
    """A name and a password."""

    username: Name
    password: Password


class TokenForm(Login):
    """The same as a form (RFC 6749, section 4.3.2)."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    grant_type: Literal["password"] = "password"


class PasswordChange(Given):
    """A user's own password, and the one that it becomes."""

    password: Password
    new_password: Password


class NewUser(Given):
    """A user to be."""

    name: Name
    role: Role
    password: Password


class UserChange(Given):
    """What changes of a user; what isn't given stays."""

    role: Role | None = None
    disabled: bool | None = None
    password: Password | None = None


class NewKey(Given):
    """An API key to be."""

    role: Role
    owner: Name | None = None
    """A user, without whom the key doesn't work, and who must have all its permissions. If not given: the caller, where that is a user."""
    note: Annotated[str, Field(max_length=NOTE_LENGTH)] = ""
    """What it is for."""
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_KEY_DAYS)] | None = None
    """Days that it is valid; for good if not given."""


class Token(BaseModel):
    """An access token (RFC 6749, section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token, not a token
    expires_in: int
    """In seconds."""


class Caller(BaseModel):
    """Who calls."""

    kind: Kind
    name: str
    role: Role | None
    permissions: list[Permission]

    @classmethod
    def of(cls, principal: Principal) -> "Caller":
        """What a caller may know of itself."""
        permissions = [permission for permission in Permission if permission in principal.permissions]
        return cls(kind=principal.kind, name=principal.name, role=principal.role, permissions=permissions)


class UserShown(BaseModel):
    """A user."""

    name: str
    role: Role
    created: datetime
    disabled: datetime | None

    @classmethod
    def of(cls, user: User) -> "UserShown":
        """What is shown of a user."""
        return cls(name=user.name, role=user.role, created=user.created, disabled=user.disabled)


class UserPage(BaseModel):
    """Users by name."""

    users: list[UserShown]
    next: str | None
    """`after` of the next page; null at the end."""


class KeyShown(BaseModel):
    """An API key, of which the secret is known to nobody but its holder."""

    prefix: str
    role: Role
    owner: str | None
    note: str
    created: datetime
    created_by: str
    expires: datetime | None
    revoked: datetime | None

    @classmethod
    def of(cls, record: KeyRecord) -> "KeyShown":
        """What is shown of a key."""
        return cls(
            prefix=record.prefix,
            role=record.role,
            owner=record.owner and record.owner.name,
            note=record.note,
            created=record.created,
            created_by=record.created_by,
            expires=record.expires,
            revoked=record.revoked,
        )


class KeyPage(BaseModel):
    """API keys by prefix."""

    keys: list[KeyShown]
    next: str | None
    """`after` of the next page; null at the end."""


class KeyMade(KeyShown):
    """A new API key."""

    key: str
    """The key itself; this is the only answer that ever holds it."""
