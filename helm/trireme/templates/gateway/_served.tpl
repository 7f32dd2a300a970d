{{/* `served.json`, the list of served versions. */}}
{{- define "trireme.served" -}}
{{- $version := int .Values.model.version -}}
{{ dict "models" (dict .Values.model.name (dict "stable" $version "versions" (list $version))) | toJson }}
{{- end }}
