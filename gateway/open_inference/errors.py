"""Errors that only callers of the Open Inference Protocol meet.

GatewayError
├── RequestError
│   ├── InferenceHeaderInvalid    400  inference-header-invalid
│   ├── TensorInvalid             422  tensor-invalid
│   └── ExtensionUnsupported      422  extension-unsupported
└── RetryLater
    └── NotReady                  503  not-ready
"""

from gateway.errors import RequestError, RetryLater


class InferenceHeaderInvalid(RequestError):
    """`Inference-Header-Content-Length` is not the length of a JSON document that the body begins with."""

    code = "inference-header-invalid"
    title = "The length of the inference header is wrong"


class TensorInvalid(RequestError):
    """A tensor is not one that the version takes or gives: its name, datatype, shape, size or a value in it."""

    status = 422
    code = "tensor-invalid"
    title = "The tensor doesn't fit the model"


class ExtensionUnsupported(RequestError):
    """The request asks for an extension of the protocol that the gateway doesn't have."""

    status = 422
    code = "extension-unsupported"
    title = "The extension of the protocol isn't supported"


class NotReady(RetryLater):
    """A served model doesn't answer (`/health/ready` says which), or the gateway is about to stop."""

    code = "not-ready"
    title = "The server is not ready"
