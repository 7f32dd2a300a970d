"""Tokens, and what callers may know and change of themselves."""

from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from gateway.database.errors import DatabaseUnavailable
from gateway.errors import BodyLate, BodyTooLarge, ContentTypeUnsupported, FieldError, Overloaded, RequestInvalid
from gateway.identity.documents import Caller, Login, PasswordChange, Token, TokenForm
from gateway.identity.errors import AccountsOff, LoginsLimited, PasswordUnfit, Unauthenticated
from gateway.problems import field_errors
from gateway.routes.accounts import address, caller
from gateway.routes.describe import problems
from gateway.services import Given

router = APIRouter(prefix="/v1/auth", tags=["accounts"])

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MAX_BYTES = 4096
MAX_FIELDS = 10
LOGIN = (AccountsOff, Unauthenticated, LoginsLimited, Overloaded, DatabaseUnavailable, RequestInvalid)
LOGIN_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": Login.model_json_schema()}, FORM: {"schema": TokenForm.model_json_schema()}},
    }
}


@router.post(
    "/token", openapi_extra=LOGIN_BODY, responses=problems(*LOGIN, BodyLate, BodyTooLarge, ContentTypeUnsupported)
)
async def token(request: Request, services: Given) -> Token:
    """A short-lived token for a user's name and password, sent as JSON or as an OAuth 2 password form."""
    accounts = services.identity.ours()
    login = _login(_kind(request), await services.bodies.short(request, MAX_BYTES))
    user = await accounts.logins.user(login.username, login.password.get_secret_value(), address(request, services))
    return Token(access_token=accounts.tokens.issue(user), expires_in=accounts.tokens.lifetime_s)


@router.get("/me")
async def me(request: Request) -> Caller:
    """Who the caller is, and what the caller may do."""
    return Caller.of(caller(request))


@router.post("/password", status_code=204, responses=problems(*LOGIN, PasswordUnfit))
async def change_password(request: Request, services: Given, change: PasswordChange) -> Response:
    """Change the caller's own password; all tokens that the caller has end with the old one."""
    accounts = services.identity.ours()
    principal = caller(request)
    if principal.kind != "user":
        raise AccountsOff("Only a user has a password: an API key has none.")
    await accounts.logins.user(principal.name, change.password.get_secret_value(), address(request, services))
    hashed = await accounts.passwords.hash(change.new_password.get_secret_value())
    await accounts.users.change(principal.name, password_hash=hashed)
    services.identity.forget()
    return Response(status_code=204)


def _kind(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {JSON, FORM}:
        raise ContentTypeUnsupported(f"Send name and password as {JSON} or {FORM}.")
    return kind


def _login(kind: str, body: bytes) -> Login:
    try:
        return Login.model_validate_json(body) if kind == JSON else TokenForm.model_validate(_fields(body))
    except ValidationError as error:
        raise RequestInvalid(*field_errors(error.errors(include_input=False, include_url=False))) from None


def _fields(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise RequestInvalid(FieldError(field="body", message="It is no form.")) from None
