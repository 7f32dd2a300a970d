"""What one may do, and the bundles in which people get it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What a caller may do."""

    READ = "read"
    """See models, versions, predictions, metrics and events."""
    PREDICT = "predict"
    """Have predictions made, and say afterwards what was true."""
    DATA = "data"
    """Add and withdraw training data."""
    TRAIN = "train"
    """Start and cancel training, evaluation and drift reports."""
    RELEASE = "release"
    """Decide which version answers."""
    ADMIN = "admin"
    """Manage users and keys."""


class Role(StrEnum):
    """A bundle of permissions; a user or key has one."""

    VIEWER = "viewer"
    PREDICTOR = "predictor"
    ANNOTATOR = "annotator"
    TRAINER = "trainer"
    RELEASER = "releaser"
    ADMIN = "admin"


_READ, _PREDICT = Permission.READ, Permission.PREDICT

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({_READ}),
        Role.PREDICTOR: frozenset({_READ, _PREDICT}),
        Role.ANNOTATOR: frozenset({_READ, _PREDICT, Permission.DATA}),
        Role.TRAINER: frozenset({_READ, _PREDICT, Permission.TRAIN}),
        Role.RELEASER: frozenset({_READ, _PREDICT, Permission.RELEASE}),
        Role.ADMIN: frozenset(Permission),
    }
)
"""Uploading, training and releasing are three people's work: nobody but an admin can smuggle a model in alone."""
