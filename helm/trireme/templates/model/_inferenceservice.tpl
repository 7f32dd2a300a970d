{{/* The InferenceService but for its name: the pinned one, or the template of the slots, with `{version}` for the version. */}}
{{- define "trireme.inferenceService" -}}
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  labels: {{- include "trireme.labels" . | nindent 4 }}
    app.kubernetes.io/component: model
  annotations:
    serving.kserve.io/deploymentMode: Standard
    # KServe makes no autoscaler. By `external` it leaves the number of replicas alone, which begins with one; by `none` it holds it.
    serving.kserve.io/autoscalerClass: {{ include "trireme.autoscalerClass" . }}
spec:
  predictor:
    serviceAccountName: {{ include "trireme.models" . }}
    automountServiceAccountToken: false
    securityContext: {{- include "trireme.podSecurity" . | nindent 6 }}
    terminationGracePeriodSeconds: {{ add .Values.modelServer.drainSeconds .Values.modelServer.stopSeconds 10 }}
    {{- with include "trireme.scheduling" .Values.model }}{{ . | nindent 4 }}{{ end }}
    minReplicas: {{ .Values.model.replicas }}
    deploymentStrategy:
      type: RollingUpdate
      rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
    model:
      modelFormat: {name: trireme, version: "1"}
      protocolVersion: v2
      runtime: {{ include "trireme.runtime" . }}
      storageUri: {{ include "trireme.storageUri" . }}
      {{- with .Values.model.args }}
      args: {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end }}

{{- define "trireme.autoscalerClass" -}}
{{ ternary "none" "external" (and (gt (int .Values.model.replicas) 1) (eq .Values.autoscaling.provider "none")) }}
{{- end }}

{{/* How many replicas the gateway may give a slot; empty where KServe holds the number. */}}
{{- define "trireme.slotMaxReplicas" -}}
{{- if eq (include "trireme.autoscalerClass" .) "external" }}{{ .Values.autoscaling.model.maxReplicas }}{{ end }}
{{- end }}

{{/* The template of the slots. */}}
{{- define "trireme.slotService" -}}
{{- $service := include "trireme.inferenceService" . | fromYaml }}
{{- $_ := set $service.metadata.labels "app.kubernetes.io/managed-by" "trireme-gateway" }}
{{- toYaml $service }}
{{- end }}
