"""A suspended CronJob with all that the chart's will have, and with fields that no client knows yet."""

from typing import Any

POD: dict[str, Any] = {
    "serviceAccountName": "trainer",
    "automountServiceAccountToken": False,
    "restartPolicy": "Never",
    "terminationGracePeriodSeconds": 120,
    "nodeSelector": {"trireme.dev/pool": "gpu"},
    "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule", "futureSeconds": 3}],
    "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
    "overhead": None,
    "futureField": {"nested": [1, 2.5, "three", None, True, {"deep": "ünïcode ✓"}]},
    "initContainers": [{"name": "wait", "image": "example.test/wait@sha256:" + "a" * 64, "restartPolicy": "Always"}],
    "containers": [
        {
            "name": "trainer",
            "image": "example.test/trainer@sha256:" + "b" * 64,
            "command": ["python", "-m", "training.retrain"],
            "args": ["--quiet", ""],
            "env": [
                {
                    "name": "TRAINING_JOB",
                    "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['trireme.dev/job']"}},
                },
                {
                    "name": "TRAINING_ATTEMPT",
                    "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['trireme.dev/attempt']"}},
                },
                {"name": "TRAINING_DATABASE", "valueFrom": {"secretKeyRef": {"name": "database", "key": "url"}}},
                {"name": "BIG", "value": "9007199254740993"},
            ],
            "envFrom": [{"configMapRef": {"name": "trainer"}, "prefix": ""}],
            "resources": {"limits": {"nvidia.com/gpu": "1", "memory": "8Gi"}, "requests": {"cpu": "2"}},
            "volumeMounts": [{"name": "work", "mountPath": "/job", "recursiveReadOnly": "IfPossible"}],
            "securityContext": {"readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        }
    ],
    "volumes": [{"name": "work", "emptyDir": {"sizeLimit": "20Gi"}}],
}

CRON_JOB: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {
        "name": "trireme-trainer",
        "namespace": "prod",
        "uid": "7f3f8e1e-8d2b-4f0a-9a53-1f9b8c7d6e5f",
        "resourceVersion": "12345",
        "managedFields": [{"manager": "helm"}],
    },
    "spec": {
        "schedule": "0 0 1 1 *",
        "suspend": True,
        "concurrencyPolicy": "Forbid",
        "jobTemplate": {
            "metadata": {"labels": {"app.kubernetes.io/name": "trainer"}, "annotations": {"team": "ml"}},
            "spec": {
                "backoffLimit": 0,
                "activeDeadlineSeconds": 21600,
                "ttlSecondsAfterFinished": 3600,
                "podReplacementPolicy": "Failed",
                "futurePolicy": {"a": [None, 1]},
                "podFailurePolicy": {
                    "rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1]}}]
                },
                "template": {
                    "metadata": {
                        "labels": {"app.kubernetes.io/name": "trainer"},
                        "annotations": {"sidecar.example.test/inject": "false"},
                    },
                    "spec": POD,
                },
            },
        },
    },
}
