"""Errors of the identity.

GatewayError
├── Unauthenticated        401  unauthenticated
├── Forbidden              403  forbidden
├── LoginsLimited          429  logins-limited
├── AccountsOff            409  accounts-off
├── AccountInvalid         422  account-invalid
├── PasswordUnfit          422  password-unfit
├── UserUnknown            404  user-unknown
├── UserExists             409  user-exists
├── LastAdmin              409  last-admin
├── KeyUnknown             404  key-unknown
└── RetryLater
    └── IssuerUnavailable  503  issuer-unavailable
TriremeError
└── SecretFileUnfit        500  secret-file-unfit
"""

from types import MappingProxyType

from contract.errors import TriremeError
from gateway.errors import GatewayError, RetryLater
from gateway.identity.permissions import Permission


class Unauthenticated(GatewayError):
    """The caller shows no token or key, or one that isn't valid; which of these, the answer doesn't say."""

    status = 401
    code = "unauthenticated"
    title = "A valid token or API key is needed"
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer realm="trireme"'})


class Forbidden(GatewayError):
    """The caller is known, and lacks the permission that the detail names."""

    status = 403
    code = "forbidden"
    title = "The caller lacks a permission"

    def __init__(self, permission: Permission) -> None:
        super().__init__(f"This needs the permission {permission.value!r}.")


class LoginsLimited(GatewayError):
    """Too many logins under this name from this address failed; the header `Retry-After` says how long to wait."""

    status = 429
    code = "logins-limited"
    title = "Too many logins failed"

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many logins failed; try again in {wait_s} s.")
        self.headers = MappingProxyType({"Retry-After": str(wait_s)})


class AccountsOff(GatewayError):
    """The gateway has no users, or no keys, of its own: `GATEWAY_AUTH` says who callers are."""

    status = 409
    code = "accounts-off"
    title = "The gateway doesn't manage accounts"


class AccountInvalid(GatewayError):
    """A user's name, or a key's owner or role, breaks a rule."""

    status = 422
    code = "account-invalid"
    title = "The account is invalid"


class PasswordUnfit(GatewayError):
    """The new password is too short or too long."""

    status = 422
    code = "password-unfit"
    title = "The password is too short or too long"


class UserUnknown(GatewayError):
    """There is no user of this name."""

    status = 404
    code = "user-unknown"
    title = "There is no such user"


class UserExists(GatewayError):
    """There is a user of this name."""

    status = 409
    code = "user-exists"
    title = "The user exists already"


class LastAdmin(GatewayError):
    """Nobody would be left who may manage accounts."""

    status = 409
    code = "last-admin"
    title = "The last admin must stay one"


class KeyUnknown(GatewayError):
    """There is no API key with this prefix."""

    status = 404
    code = "key-unknown"
    title = "There is no such API key"


class IssuerUnavailable(RetryLater):
    """The issuer's keys were never to be had, so its tokens can't be checked."""

    code = "issuer-unavailable"
    title = "The issuer of tokens is unavailable"


class SecretFileUnfit(TriremeError):
    """A file of signing keys or with a password is missing, damaged or not to be written."""

    code = "secret-file-unfit"
    title = "A file with keys or a password is unfit"
