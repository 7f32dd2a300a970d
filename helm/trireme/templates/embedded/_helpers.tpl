{{/* A PostgreSQL and an S3 server of the release's own, for trying out. */}}

{{- define "trireme.embeddedDatabase" -}}
{{ printf "%s-database" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "trireme.embeddedStore" -}}
{{ printf "%s-store" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The Secret with the database's `url`; empty: there is no PostgreSQL. */}}
{{- define "trireme.databaseSecret" -}}
{{- with .Values.gateway.database }}
{{- if and .embedded.enabled .secret }}
{{- fail "There are two databases: gateway.database.embedded.enabled and gateway.database.secret." }}
{{- end }}
{{- ternary (include "trireme.embeddedDatabase" $) .secret .embedded.enabled }}
{{- end }}
{{- end }}

{{/* The Secret of who reads the store; empty: the pods' own identity. */}}
{{- define "trireme.storeSecret" -}}
{{- with .Values.store }}
{{- if and .embedded.enabled .secret }}
{{- fail "There are two stores: store.embedded.enabled and store.secret." }}
{{- end }}
{{- if and .embedded.enabled (include "trireme.isClaim" $) }}
{{- fail "store.embedded.enabled needs a bucket's name: store.uri, such as s3://models." }}
{{- end }}
{{- ternary (include "trireme.embeddedStore" $) .secret .embedded.enabled }}
{{- end }}
{{- end }}

{{/* What a Secret of the release says already under a key, or something new: an upgrade changes no password. */}}
{{- define "trireme.kept" -}}
{{- $found := lookup "v1" "Secret" .namespace .name | default dict -}}
{{- get (get $found "data" | default dict) .key | b64dec | default (randAlphaNum 32) }}
{{- end }}

{{- define "trireme.embeddedSelector" -}}
app.kubernetes.io/name: trireme
app.kubernetes.io/instance: {{ .release }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Of its StatefulSet: where its folder is. */}}
{{- define "trireme.embeddedData" -}}
{{- if .storage }}
# The claim goes with the release, too.
persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Retain}
volumeClaimTemplates:
- metadata: {name: data}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources: {requests: {storage: {{ .storage }}}}
{{- end }}
{{- end }}
