{{/* Who exposes the gateway to the world exposes its metrics, too. */}}
{{- define "trireme.exposedChecks" -}}
{{- if eq .Values.gateway.metrics "open" }}
{{- fail "ingress and httpRoute would show the metrics to everybody: let gateway.metrics be read, or expose the Service yourself." }}
{{- end }}
{{- end }}
