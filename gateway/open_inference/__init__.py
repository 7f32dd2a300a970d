"""The Open Inference Protocol over HTTP (`/v2`): tensors in, tensors out, under the gateway's own rules and limits."""
