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
  - name: models
    mountPath: /models
    {{- with include "trireme.claimFolder" . }}
    subPath: {{ . }}
    {{- end }}
  - {name: work, mountPath: /job}
  - {name: tmp, mountPath: /tmp}
  - {name: shared-memory, mountPath: /dev/shm}
  {{- with .Values.jobs.volumeMounts }}{{ toYaml . | nindent 2 }}{{ end }}
volumes:
- name: models
  persistentVolumeClaim: {claimName: {{ include "trireme.claim" . }}}
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
{{- range $name, $from := .Values.jobs.secretSettings }}
- {name: {{ $name }}, valueFrom: {secretKeyRef: {name: {{ $from.secret }}, key: {{ $from.key }}}}}
{{- end }}
{{- end }}

{{- define "trireme.trainerSettings" -}}
TRAINING_REPOSITORY: /models
TRAINING_CACHE_DIR: /job/cache
# A tracker in the pod would end with it; `jobs.settings` names a server.
TRAINING_TRACKING: none
{{- with .Values.examples.uri }}
TRAINING_EXAMPLES: {{ . | quote }}
{{- end }}
{{- end }}
