{{/* The gateway's settings: the chart's own, with `gateway.settings` over them, then those that lie in Secrets. */}}

{{- define "trireme.gatewayEnvironment" -}}
{{- include "trireme.gatewayChecks" . }}
{{- $own := include "trireme.gatewaySettings" . | fromYaml }}
{{- range $name, $value := merge (deepCopy .Values.gateway.settings) $own }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- with include "trireme.databaseSecret" . }}
- {name: GATEWAY_DATABASE, valueFrom: {secretKeyRef: {name: {{ . }}, key: url}}}
{{- end }}
{{- include "trireme.s3Access" (dict "secret" .Values.examples.secret "endpoint" "GATEWAY_EXAMPLES_ENDPOINT") }}
{{- range $name, $from := .Values.gateway.secretSettings }}
- {name: {{ $name }}, valueFrom: {secretKeyRef: {name: {{ $from.secret }}, key: {{ $from.key }}}}}
{{- end }}
{{- end }}

{{- define "trireme.gatewaySettings" -}}
GATEWAY_HOST: 0.0.0.0
GATEWAY_PORT: "8080"
GATEWAY_REPOSITORY: /models
GATEWAY_SERVED: {{ ternary "" "/etc/trireme/served.json" .Values.rollout.enabled | quote }}
GATEWAY_TRITON_DISCOVERY: dns
GATEWAY_TRITON_ADDRESSES: {{ include "trireme.replicaAddresses" . | quote }}
# Less than the scratch disk: a pod that fills it is evicted.
GATEWAY_MAX_SPOOLED_BYTES: {{ .Values.gateway.disk.spooledBytes | int64 | quote }}
GATEWAY_MAX_TABLE_BYTES: {{ .Values.gateway.disk.spooledBytes | int64 | quote }}
GATEWAY_FEATURE_CACHE: /tmp/features
GATEWAY_EXAMPLES: {{ .Values.examples.uri | quote }}
{{- include "trireme.jobSettings" . }}
{{- if .Values.rollout.enabled }}
GATEWAY_ROLLOUT: "on"
GATEWAY_ROLLOUT_SLOTS: {{ include "trireme.slotTemplates" . }}
GATEWAY_ROLLOUT_WARM_S: {{ .Values.rollout.warmSeconds | int64 | quote }}
GATEWAY_ROLLOUT_POLICIES: /etc/trireme/rollout-policies.yaml
{{- else }}
# The list of served versions is the chart's.
GATEWAY_ROLLOUT: "off"
{{- end }}
{{- if ne .Values.autoscaling.provider "none" }}
GATEWAY_AUTOSCALING: kubernetes
{{- end }}
{{- if include "trireme.modelSleeps" . }}
GATEWAY_WAKE: "on"
{{- end }}
# Instead of a preStop: a gateway that knows that it leaves ends the connections that would stay with it.
GATEWAY_DRAIN_S: {{ .Values.gateway.drainSeconds | quote }}
GATEWAY_SHUTDOWN_TIMEOUT_S: {{ .Values.gateway.stopSeconds | quote }}
GATEWAY_METRICS_ACCESS: {{ .Values.gateway.metrics }}
{{- with .Values.gateway.trustedProxies }}
GATEWAY_TRUSTED_PROXIES: {{ toJson . | quote }}
{{- end }}
{{- if not (include "trireme.databaseSecret" .) }}
GATEWAY_DATABASE: sqlite:////var/lib/trireme/trireme.db
{{- end }}
{{- include "trireme.authSettings" . }}
{{- include "trireme.logSettings" . }}
{{- end }}

{{/* Of an idle slot there is no name, and a search path would lead to whoever answers for the world. */}}
{{- define "trireme.replicaAddresses" -}}
{{- $domain := ternary (printf ".%s.svc.%s." .Release.Namespace .Values.clusterDomain) "" .Values.rollout.enabled -}}
[{{ range $index, $slot := include "trireme.slots" . | fromJsonArray }}{{ if $index }},{{ end }}"{{ $slot }}-replicas{{ $domain }}:8001"{{ end }}]
{{- end }}

{{- define "trireme.authSettings" }}
GATEWAY_AUTH: {{ .Values.gateway.auth.mode }}
{{- if eq .Values.gateway.auth.mode "accounts" }}
GATEWAY_AUTH_SIGNING_KEYS: /etc/trireme-secrets/auth/signing-keys.json
GATEWAY_AUTH_ADMIN_PASSWORD_FILE: /etc/trireme-secrets/auth/admin-password
{{- else }}
{{- with .Values.gateway.auth.issuer }}
GATEWAY_AUTH_ISSUER: {{ .url | quote }}
GATEWAY_AUTH_AUDIENCE: {{ .audience | quote }}
GATEWAY_AUTH_ALGORITHM: {{ .algorithm }}
GATEWAY_AUTH_ROLES_CLAIM: {{ .rolesClaim | quote }}
GATEWAY_AUTH_ROLES: {{ include "trireme.issuerRoles" .roles | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* A JSON object in the order of the list, which a map would lose. */}}
{{- define "trireme.issuerRoles" -}}
{ {{- range $index, $found := . }}{{ if $index }}, {{ end }}{{ toJson $found.group }}: {{ toJson $found.role }}{{ end -}} }
{{- end }}

{{- define "trireme.logSettings" }}
{{- with .Values.gateway.log }}
GATEWAY_LOG: {{ ternary "on" "off" .enabled | quote }}
GATEWAY_LOG_DURABILITY: {{ .durability }}
GATEWAY_LOG_SPILL: /var/lib/trireme/predictions
# Less than the disk of the pod's own folder.
GATEWAY_LOG_SPILL_BYTES: {{ .spillBytes | int64 | quote }}
GATEWAY_LOG_DRAIN_S: {{ .drainSeconds | quote }}
{{- if .secret }}
GATEWAY_LOG_HASH_KEY_FILE: /etc/trireme-secrets/log/hash-key
{{- end }}
{{- end }}
{{- end }}
