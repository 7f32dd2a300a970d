{{/* Names */}}

{{- define "trireme.gateway" -}}
{{ printf "%s-gateway" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "trireme.models" -}}
{{ printf "%s-models" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The pinned InferenceService: slot `a` of the model. */}}
{{- define "trireme.slot" -}}
{{ .Values.model.name }}-a
{{- end }}

{{/* The InferenceServices that there may be, as a JSON list. */}}
{{- define "trireme.slots" -}}
{{ ternary (list (printf "%s-a" .Values.model.name) (printf "%s-b" .Values.model.name)) (list (include "trireme.slot" .)) .Values.rollout.enabled | toJson }}
{{- end }}

{{/* The ConfigMap with the template of the slots. */}}
{{- define "trireme.slotTemplates" -}}
{{ printf "%s-slots" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The version's folder, and what Triton calls it. */}}
{{- define "trireme.version" -}}
{{ .Values.model.name }}-v{{ .Values.model.version }}
{{- end }}

{{/* The name carries what the runtime says: a changed runtime under an old name would roll every service that uses it. And
whose it is: of two releases in one namespace with the same runtime, each has its own. */}}
{{- define "trireme.runtime" -}}
trireme-triton-{{ printf "%s %s" .Release.Name (include "trireme.runtimeSpec" .) | sha256sum | trunc 10 }}
{{- end }}

{{/* Labels */}}

{{- define "trireme.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/name: trireme
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "trireme.gatewaySelector" -}}
app.kubernetes.io/name: trireme
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{/* KServe's own labels on the pods of an InferenceService, whose name is given. */}}
{{- define "trireme.slotSelector" -}}
serving.kserve.io/inferenceservice: {{ . }}
component: predictor
{{- end }}

{{/* The store */}}

{{- define "trireme.isClaim" -}}
{{- if hasPrefix "pvc://" .Values.store.uri }}yes{{ end }}
{{- end }}

{{- define "trireme.claim" -}}
{{ trimPrefix "pvc://" .Values.store.uri | splitList "/" | first }}
{{- end }}

{{- define "trireme.claimFolder" -}}
{{ trimPrefix "pvc://" .Values.store.uri | trimSuffix "/" | splitList "/" | rest | join "/" }}
{{- end }}

{{/* With S3 a prefix without its slash would take in version 10 together with version 1. */}}
{{- define "trireme.storageUri" -}}
{{- $folder := ternary "{version}" (include "trireme.version" .) .Values.rollout.enabled -}}
{{ trimSuffix "/" .Values.store.uri }}/{{ $folder }}{{ if not (include "trireme.isClaim" .) }}/{{ end }}
{{- end }}

{{/* Where a part's pods may run, and which go first. */}}
{{- define "trireme.scheduling" -}}
{{- $given := dict -}}
{{- range $field := list "nodeSelector" "tolerations" "priorityClassName" -}}
{{- with get $ $field }}{{ $_ := set $given $field . }}{{ end -}}
{{- end -}}
{{- if $given }}{{ toYaml $given }}{{ end -}}
{{- end }}

{{/* Pod Security `restricted` */}}

{{- define "trireme.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
# Without this, each start would walk through the whole claim.
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "trireme.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}
