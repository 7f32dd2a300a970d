{{/* `served.json`, the list of served versions. */}}
{{- define "trireme.served" -}}
{{- $version := int .Values.model.version -}}
{{ dict "models" (dict .Values.model.name (dict "stable" $version "versions" (list $version))) | toJson }}
{{- end }}

{{/* The files of the gateway's ConfigMap. */}}
{{- define "trireme.gatewayFiles" -}}
{{- /* With rollouts too: pinned gateways that are being replaced still read it. */ -}}
served.json: {{ include "trireme.served" . | quote }}
{{- if .Values.rollout.enabled }}
rollout-policies.yaml: {{ dict "models" .Values.rollout.policies | toJson | quote }}
{{- end }}
{{- if .Values.jobs.enabled }}
retrain-policies.yaml: {{ dict "models" .Values.jobs.policies | toJson | quote }}
{{- end }}
{{- end }}
