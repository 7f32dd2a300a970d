"""What a `config.pbtxt` says to an engine: its `parameters`, and where it computes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.triton import BACKEND_PARAMETERS


@dataclass(frozen=True)
class Device:
    """Where an instance computes."""

    gpu: int | None = None
    """The GPU's number; None for the processor."""
    accelerators: tuple[str, ...] = ()
    """Names of the GPU accelerators that the configuration asks for, such as `tensorrt`."""

    @classmethod
    def of(cls, args: Mapping[str, str], config: Mapping[str, Any]) -> "Device":
        """From what Triton hands to a stub: the instance's arguments and the model's configuration."""
        if args.get("model_instance_kind") != "GPU":
            return cls()
        wanted = config.get("optimization", {}).get("execution_accelerators", {})
        names = tuple(one["name"] for one in wanted.get("gpu_execution_accelerator", ()))
        return cls(int(args["model_instance_device_id"]), names)


_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True)
class Parameters:
    """Strings by name; the methods raise `ValueError` for a value in another form."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Parameters":
        """From the configuration as Triton hands it to a stub; raises `ValueError` for a name that is not known."""
        values = {name: value["string_value"] for name, value in config.get("parameters", {}).items()}
        unknown = values.keys() - BACKEND_PARAMETERS[config["backend"]]
        if unknown:
            raise ValueError(f"backend {config['backend']} has no parameter {min(unknown)}")
        return cls(values)

    def text(self, name: str, default: str) -> str:
        """The value as it is."""
        return self.values.get(name, default)

    def count(self, name: str, default: int) -> int:
        """A number of 0 or more."""
        text = self.values.get(name, str(default))
        if not text.isdecimal():
            raise ValueError(f"{name} must be a number of 0 or more, not {text!r}")
        return int(text)

    def flag(self, name: str, *, default: bool) -> bool:
        """1, true, yes, on; or 0, false, no, off."""
        text = self.values.get(name, str(default)).lower()
        if text not in _YES | _NO:
            raise ValueError(f"{name} must be 1 or 0, yes or no, not {text!r}")
        return text in _YES
