{{/* What can't work is refused before anything is deployed. */}}

{{- define "trireme.autoscalingChecks" -}}
{{- $model := .Values.autoscaling.model -}}
{{- $gateway := .Values.autoscaling.gateway -}}
{{- if ne .Values.autoscaling.provider "none" }}
{{- if .Values.rollout.enabled }}
{{- fail "autoscaling.provider scales a pinned version: with rollout.enabled its slots have model.replicas each. The gateway may be scaled (autoscaling.gateway.enabled)." }}
{{- end }}
{{- if gt (int $model.minReplicas) (int $model.maxReplicas) }}
{{- fail "autoscaling.model.minReplicas is more than autoscaling.model.maxReplicas." }}
{{- end }}
{{- if not (or $model.minReplicas (eq .Values.autoscaling.provider "keda")) }}
{{- fail "autoscaling.model.minReplicas: 0 needs autoscaling.provider=keda: a HorizontalPodAutoscaler starts no first replica." }}
{{- end }}
{{- if not (or $model.targets.cpuPercent (eq .Values.autoscaling.provider "keda")) }}
{{- fail "autoscaling.model.targets.cpuPercent is the floor of a HorizontalPodAutoscaler: only with KEDA it may be left out." }}
{{- end }}
{{- if and (eq .Values.autoscaling.provider "keda") (not .Values.autoscaling.prometheus) }}
{{- fail "KEDA asks Prometheus itself: let autoscaling.prometheus name its address." }}
{{- end }}
{{- end }}
{{- if $gateway.enabled }}
{{- if gt (int $gateway.minReplicas) (int $gateway.maxReplicas) }}
{{- fail "autoscaling.gateway.minReplicas is more than autoscaling.gateway.maxReplicas." }}
{{- end }}
{{- if and (gt (int $gateway.maxReplicas) 1) (not (include "trireme.databaseSecret" .)) }}
{{- fail "Several gateways need one PostgreSQL: let gateway.database.secret name a Secret with its url." }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether a model has no replica while nobody asks for it. */}}
{{- define "trireme.modelSleeps" -}}
{{- if and (eq .Values.autoscaling.provider "keda") (not .Values.autoscaling.model.minReplicas) }}yes{{ end }}
{{- end }}
