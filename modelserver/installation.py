"""Where the pieces of Triton lie: the server and its libraries inside the wheel, the stub for this Python."""

import os
import platform
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from modelserver.errors import ServerMissing

WHEEL = "nvidia-pytriton"


@dataclass(frozen=True)
class Installation:
    """Triton as its wheel brings it."""

    wheel_version: str
    binary: Path
    python_backend: Path
    """Folder of the Python backend's library and its helper module."""
    stub: Path
    """The program that runs a Python-based model, built for this version of Python."""
    libraries: Path

    @classmethod
    def find(cls) -> "Installation":
        """Find the installed wheel without importing it; raises `ServerMissing`."""
        wheel = _wheel()
        server = Path(str(wheel.locate_file("pytriton/tritonserver")))
        found = cls(
            wheel_version=wheel.version,
            binary=server / "bin" / "tritonserver",
            python_backend=server / "backends" / "python",
            stub=server / "python_backend_stubs" / python_version() / "triton_python_backend_stub",
            libraries=Path(str(wheel.locate_file("nvidia_pytriton.libs"))),
        )
        found.check()
        return found

    def check(self) -> None:
        """Raise `ServerMissing` where something that the server needs is not there."""
        if not self.binary.is_file() or not self.python_backend.is_dir():
            raise ServerMissing("The wheel with Triton is damaged; install Trireme's modelserver extra again.")
        if not self.stub.is_file():
            raise ServerMissing(f"The embedded Triton has no build for Python {python_version()}.")
        if shutil.which("bash") is None:
            raise ServerMissing("Triton starts its backends through bash, which is not installed.")

    def environment(self) -> dict[str, str]:
        """The environment in which the server finds its libraries, and its stubs this Python and its packages."""
        # A shell reads BASH_ENV before it starts a stub; PYTHONHOME would hide this environment's packages.
        inherited = {name: value for name, value in os.environ.items() if name not in {"BASH_ENV", "PYTHONHOME"}}
        # The interpreter's own library first: the wheel's libraries include another one of the same name.
        libraries = (sysconfig.get_config_var("LIBDIR"), str(self.libraries), os.environ.get("LD_LIBRARY_PATH"))
        return inherited | {
            "VIRTUAL_ENV": sys.prefix,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
            "LD_LIBRARY_PATH": os.pathsep.join(path for path in libraries if path),
            # ONNX Runtime would report its use to its maker.
            "ORT_DISABLE_TELEMETRY": "1",
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
        }


def python_version() -> str:
    """The running Python's version as the wheel's folders name it, such as 3.11."""
    return ".".join(platform.python_version_tuple()[:2])


def _wheel() -> Distribution:
    try:
        return distribution(WHEEL)
    except PackageNotFoundError:
        raise ServerMissing from None
