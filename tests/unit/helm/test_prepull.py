"""The model server's image on nodes before a replica comes."""

from tests.unit.helm.rendered import find, render
from tests.unit.helm.test_profiles import objects


def test_nothing_is_pulled_ahead_unless_asked_for() -> None:
    assert not [one for one in render() if one["kind"] == "DaemonSet"]


def test_every_node_that_may_serve_gets_the_image_and_keeps_it() -> None:
    found = objects("gpu")
    sleeper = find(found, "DaemonSet")["spec"]
    pod = sleeper["template"]["spec"]
    (container,) = pod["containers"]
    (server,) = find(found, "ServingRuntime")["spec"]["containers"]
    assert container["image"] == server["image"]
    assert pod["tolerations"] == find(found, "InferenceService")["spec"]["predictor"]["tolerations"]
    assert sleeper["template"]["metadata"]["labels"] == sleeper["selector"]["matchLabels"]
    assert "nvidia.com/gpu" not in str(container["resources"])
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert pod["automountServiceAccountToken"] is False
