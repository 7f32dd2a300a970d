{{/* The suspended CronJob that every job is a copy of. A CronJob's name has 52 characters at most. */}}
{{- define "trireme.trainer" -}}
{{ printf "%s-trainer" (.Release.Name | trunc 44 | trimSuffix "-") }}
{{- end }}

{{- define "trireme.trainerSelector" -}}
app.kubernetes.io/name: trireme
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: trainer
{{- end }}

{{/* The Secret of who publishes into the store; empty: the pods' own identity. */}}
{{- define "trireme.publisherSecret" -}}
{{- $reader := include "trireme.storeSecret" . }}
{{- .Values.jobs.storeSecret | default (ternary (printf "%s-writer" $reader) $reader .Values.store.embedded.enabled) }}
{{- end }}

{{/* What no job could do its work with is refused before anything is deployed. */}}
{{- define "trireme.trainerChecks" -}}
{{- if and .Values.jobs.storeSecret (include "trireme.isClaim" .) }}
{{- fail "jobs.storeSecret is for a bucket: let store.uri be s3://bucket." }}
{{- end }}
{{- if not (include "trireme.databaseSecret" .) }}
{{- fail "jobs.enabled needs one PostgreSQL for gateways and jobs: let gateway.database.secret name a Secret with its url." }}
{{- end }}
{{- end }}

{{/* What the gateway is told about jobs. */}}
{{- define "trireme.jobSettings" }}
{{- if .Values.jobs.enabled }}
GATEWAY_JOBS: kubernetes
GATEWAY_JOB_CRONJOB: {{ include "trireme.trainer" . }}
GATEWAY_RETRAIN_POLICIES: /etc/trireme/retrain-policies.yaml
{{- else }}
# The gateway's image can't train.
GATEWAY_JOBS: "off"
{{- end }}
{{- end }}
