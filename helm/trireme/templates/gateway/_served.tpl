{{/* `served.json`, the list of served versions. */}}
{{- define "trireme.served" -}}
{{- $version := int .Values.model.version -}}
{{ dict "models" (dict .Values.model.name (dict "stable" $version "versions" (list $version))) | toJson }}
{{- end }}

{{/* The files of the gateway's ConfigMap. */}}
{{- define "trireme.gatewayFiles" -}}
{{- if .Values.rollout.enabled -}}
rollout-policies.yaml: {{ dict "models" .Values.rollout.policies | toJson | quote }}
{{- else -}}
served.json: {{ include "trireme.served" . | quote }}
{{- end }}
{{- if .Values.jobs.enabled }}
retrain-policies.yaml: {{ dict "models" .Values.jobs.policies | toJson | quote }}
{{- end }}
{{- end }}
