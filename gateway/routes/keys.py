"""API keys, managed by admins."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request

from gateway.identity.documents import KeyMade, KeyPage, KeyShown, NewKey
from gateway.identity.errors import AccountInvalid, KeyUnknown
from gateway.identity.tables import now
from gateway.routes.accounts import ALWAYS, AfterQuery, LimitQuery, caller
from gateway.routes.describe import problems
from gateway.services import Given

router = APIRouter(prefix="/v1/keys", tags=["accounts"])

PrefixPath = Annotated[str, Path(max_length=16, description="The key's prefix: what is between `trk_` and `_`.")]


@router.get("", responses=problems(*ALWAYS))
async def list_keys(services: Given, after: AfterQuery = "", limit: LimitQuery = 100) -> KeyPage:
    """API keys by prefix, those that are over or revoked too."""
    keys = await services.identity.all_keys().page(after, limit)
    return KeyPage(keys=[KeyShown.of(key) for key in keys], next=keys[-1].prefix if len(keys) == limit else None)


@router.post("", status_code=201, responses=problems(*ALWAYS, AccountInvalid))
async def create_key(request: Request, services: Given, new: NewKey) -> KeyMade:
    """Make an API key. The answer holds it, and nothing else ever does."""
    principal = caller(request)
    own = principal.name if principal.kind == "user" else None
    days = new.expires_in_days
    key, record = await services.identity.all_keys().create(
        role=new.role,
        owner=new.owner or own,
        note=new.note,
        expires=now() + timedelta(days=days) if days else None,
        created_by=principal.id,
    )
    return KeyMade(**KeyShown.of(record).model_dump(), key=key.text)


@router.delete("/{prefix}", responses=problems(*ALWAYS, KeyUnknown))
async def revoke_key(services: Given, prefix: PrefixPath) -> KeyShown:
    """End an API key for good."""
    record = await services.identity.all_keys().revoke(prefix)
    services.identity.forget()
    return KeyShown.of(record)
