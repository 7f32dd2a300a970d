{{/* The pod of every job: what a caller asks for is in the database, and nothing of it here. */}}

{{- define "trireme.trainerPod" -}}
restartPolicy: Never
serviceAccountName: {{ include "trireme.trainer" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "trireme.podSecurity" . | nindent 2 }}
# Enough for a checkpoint.
terminationGracePeriodSeconds: {{ .Values.jobs.stopSeconds }}
{{- with include "trireme.scheduling" .Values.jobs }}{{ . | nindent 0 }}{{ end }}
containers:
- name: trainer
  image: {{ .Values.jobs.image }}
  imagePullPolicy: {{ .Values.jobs.imagePullPolicy }}
  command: [python, -m, training.retrain]
  workingDir: /job
  env: {{- include "trireme.trainerEnvironment" . | trim | nindent 2 }}
  securityContext: {{- include "trireme.containerSecurity" . | nindent 4 }}
  resources: {{- toYaml .Values.jobs.resources | nindent 4 }}
  volumeMounts:
  {{- if include "trireme.isClaim" . }}
  - name: models
    mountPath: /models
    {{- with include "trireme.claimFolder" . }}
    subPath: {{ . }}
    {{- end }}
  {{- end }}
  - {name: work, mountPath: /job}
  - {name: tmp, mountPath: /tmp}
  - {name: shared-memory, mountPath: /dev/shm}
  {{- with .Values.jobs.volumeMounts }}{{ toYaml . | nindent 2 }}{{ end }}
volumes:
{{- if include "trireme.isClaim" . }}
- name: models
  persistentVolumeClaim: {claimName: {{ include "trireme.claim" . }}}
{{- end }}
- name: work
  emptyDir: {sizeLimit: {{ .Values.jobs.disk.work }}}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.jobs.disk.scratch }}}
- name: shared-memory
  emptyDir: {medium: Memory, sizeLimit: {{ .Values.jobs.sharedMemory }}}
{{- with .Values.jobs.volumes }}{{ toYaml . | nindent 0 }}{{ end }}
{{- end }}

{{- define "trireme.trainerEnvironment" }}
- {name: TRAINING_JOB, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['trireme.dev/job']"}}}
- {name: TRAINING_ATTEMPT, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: "metadata.annotations['trireme.dev/attempt']"}}}
- {name: TRAINING_DATABASE, valueFrom: {secretKeyRef: {name: {{ include "trireme.databaseSecret" . }}, key: url}}}
{{- range $name, $value := merge (deepCopy .Values.jobs.settings) (include "trireme.trainerSettings" . | fromYaml) }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- include "trireme.s3Access" (dict "secret" .Values.examples.secret "endpoint" "TRAINING_EXAMPLES_ENDPOINT") }}
{{- include "trireme.publisherAccess" . }}
{{- range $name, $from := .Values.jobs.secretSettings }}
- {name: {{ $name }}, valueFrom: {secretKeyRef: {name: {{ $from.secret }}, key: {{ $from.key }}}}}
{{- end }}
{{- end }}

{{/* Of the versions' bucket, under names of its own: that of uploaded data may have other keys. */}}
{{- define "trireme.publisherAccess" }}
{{- $secret := include "trireme.publisherSecret" . }}
{{- if and $secret (not (include "trireme.isClaim" .)) }}
- {name: TRAINING_REPOSITORY_ACCESS_KEY_ID, valueFrom: {secretKeyRef: {name: {{ $secret }}, key: AWS_ACCESS_KEY_ID}}}
- {name: TRAINING_REPOSITORY_SECRET_ACCESS_KEY, valueFrom: {secretKeyRef: {name: {{ $secret }}, key: AWS_SECRET_ACCESS_KEY}}}
- {name: TRAINING_REPOSITORY_REGION, valueFrom: {secretKeyRef: {name: {{ $secret }}, key: AWS_DEFAULT_REGION, optional: true}}}
- {name: TRAINING_REPOSITORY_ENDPOINT, valueFrom: {secretKeyRef: {name: {{ $secret }}, key: S3_ENDPOINT, optional: true}}}
{{- end }}
{{- end }}

{{- define "trireme.trainerSettings" -}}
TRAINING_REPOSITORY: {{ ternary "/models" .Values.store.uri (eq (include "trireme.isClaim" .) "yes") | quote }}
TRAINING_CACHE_DIR: /job/cache
# A tracker in the pod would end with it; `jobs.settings` names a server.
TRAINING_TRACKING: none
{{- with .Values.examples.uri }}
TRAINING_EXAMPLES: {{ . | quote }}
{{- end }}
{{- end }}
