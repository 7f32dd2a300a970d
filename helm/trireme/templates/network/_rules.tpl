{{/* Which directions a policy is about. */}}
{{- define "trireme.policyTypes" -}}
policyTypes: [Ingress{{ if .Values.networkPolicy.egress.enabled }}, Egress{{ end }}]
{{- end }}
