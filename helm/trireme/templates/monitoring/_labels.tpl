{{/* The labels of monitors and rules: the chart's own, and those by which a Prometheus selects them. */}}
{{- define "trireme.monitoringLabels" -}}
{{ include "trireme.labels" . }}
{{- with .Values.monitoring.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}
