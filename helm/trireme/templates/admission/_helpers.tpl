{{/* Policies belong to the cluster: a namespace has no dot in its name, so those of two releases never have the same. */}}
{{- define "trireme.policyName" -}}
trireme.{{ .Release.Namespace }}.{{ .Release.Name }}
{{- end }}

{{/* Whom policies hold: the gateway's account, and nobody else. */}}
{{- define "trireme.heldAccount" -}}
- name: gateway
  expression: request.userInfo.username == "system:serviceaccount:{{ .Release.Namespace }}:{{ include "trireme.gateway" . }}"
{{- end }}

{{/* Where they hold it: in the release's namespace. Beyond it the account may do nothing anyway. */}}
{{- define "trireme.heldNamespace" -}}
namespaceSelector:
  matchLabels:
    kubernetes.io/metadata.name: {{ .Release.Namespace }}
{{- end }}

{{/* A value as an expression of CEL, which wants the values of one map or list to be of one type, or `dyn`. */}}
{{- define "trireme.cel" -}}
{{- if kindIs "map" . -}}
{ {{- range $index, $key := keys . | sortAlpha }}{{ if $index }}, {{ end }}{{ toJson $key }}: dyn({{ include "trireme.cel" (get $ $key) }}){{ end -}} }
{{- else if kindIs "slice" . -}}
[ {{- range $index, $value := . }}{{ if $index }}, {{ end }}dyn({{ include "trireme.cel" $value }}){{ end -}} ]
{{- else -}}
{{ toJson . }}
{{- end -}}
{{- end }}
