{{/* What would lose accounts or predictions is refused before anything is deployed. */}}

{{- define "trireme.gatewayChecks" -}}
{{- with .Values.gateway }}
{{- if and (eq .auth.mode "accounts") (not .auth.secret) }}
{{- fail "gateway.auth.secret has to name a Secret with signing-keys.json and admin-password: docs/deploy.md says how to make one." }}
{{- end }}
{{- if and (gt (int .replicas) 1) (not (include "trireme.databaseSecret" $)) }}
{{- fail "Several gateways need one PostgreSQL: let gateway.database.secret name a Secret with its url, or try it with gateway.database.embedded.enabled." }}
{{- end }}
{{- if and .log.enabled (eq .log.durability "sync") (not .state.storage) }}
{{- fail "gateway.log.durability sync needs a disk that outlives the pod: set gateway.state.storage, such as 10Gi." }}
{{- end }}
{{- if and $.Values.rollout.enabled (not (include "trireme.databaseSecret" $)) (not .state.storage) }}
{{- fail "rollout.enabled needs rows that outlive the pod, or what answers would be forgotten: set gateway.database.secret, or gateway.state.storage for one gateway." }}
{{- end }}
{{- end }}
{{- end }}
