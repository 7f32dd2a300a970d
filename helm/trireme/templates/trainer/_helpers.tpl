{{/* The suspended CronJob that every job is a copy of. A CronJob's name has 52 characters at most. */}}
{{- define "trireme.trainer" -}}
{{ printf "%s-trainer" (.Release.Name | trunc 44 | trimSuffix "-") }}
{{- end }}

{{- define "trireme.trainerSelector" -}}
app.kubernetes.io/name: trireme
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: trainer
{{- end }}

{{/* What no job could do its work with is refused before anything is deployed. */}}
{{- define "trireme.trainerChecks" -}}
{{- if not (include "trireme.isClaim" .) }}
{{- fail "jobs.enabled needs a store that a job can write: let store.uri be pvc://claim, of a ReadWriteMany claim." }}
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
