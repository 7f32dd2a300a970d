"""Whether this machine can hold a hermetic cluster."""

import os
import platform
import subprocess

from tests.cluster.kit.errors import PlatformUnfit
from tests.cluster.kit.packages import check_packages
from tests.cluster.kit.toolchain import Go

PROBE = ("unshare", "--mount", "--net", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt")


def check_machine() -> None:
    """Raise `PlatformUnfit` or `ToolsMissing`, with one sentence that says what is wrong."""
    if platform.system() != "Linux":
        raise PlatformUnfit("The hermetic cluster needs Linux.")
    if os.geteuid() != 0:
        raise PlatformUnfit("The hermetic cluster has to be started as root: it makes namespaces and control groups.")
    check_packages()
    Go.find()
    if subprocess.run(PROBE, capture_output=True, check=False).returncode:
        raise PlatformUnfit("The kernel lets no namespaces be made here: a container needs to be privileged for it.")
