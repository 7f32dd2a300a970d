"""The kit's errors. They are local: a message may name a file or a command of this machine.

They are no `TriremeError`s: those are the product's, and its reference lists each of them.

KitError
├── ToolsMissing
├── PlatformUnfit
├── BuildFailed
├── ImageFailed
├── ClusterDied
├── ClusterTimeout
├── ClusterRunning
├── ClusterAbsent
└── KubectlFailed
"""


class KitError(Exception):
    """The test cluster can't do what was asked; the message is one sentence, or ends with what a tool said."""


class ToolsMissing(KitError):
    """A program or a Debian package that the kit needs is not installed."""


class PlatformUnfit(KitError):
    """No cluster can be made on this machine."""


class BuildFailed(KitError):
    """The Go toolchain couldn't build a pinned module."""


class ImageFailed(KitError):
    """An image couldn't be built or loaded."""


class ClusterDied(KitError):
    """A process of the cluster ended although nobody stopped it."""


class ClusterTimeout(KitError):
    """Something in the cluster wasn't ready in time."""


class ClusterRunning(KitError):
    """A cluster of this name is already up."""


class ClusterAbsent(KitError):
    """No cluster of this name is up."""


class KubectlFailed(KitError):
    """kubectl refused; the message holds what it said."""
