{{/* With S3: a sidecar that keeps the version cards in a folder. With a claim the gateway sees them in place. */}}
{{- define "trireme.mirror" -}}
- name: cards
  image: {{ .Values.gateway.image }}
  imagePullPolicy: {{ .Values.gateway.imagePullPolicy }}
  command: [python, -m, gateway.mirror]
  # Started before the gateway, and running beside it.
  restartPolicy: Always
  env:
  - {name: MIRROR_STORE, value: {{ .Values.store.uri | quote }}}
  - {name: MIRROR_FOLDER, value: /models}
  {{- with include "trireme.s3Access" (dict "secret" (include "trireme.storeSecret" .) "endpoint" "MIRROR_ENDPOINT") | trim }}{{ . | nindent 2 }}{{ end }}
  securityContext: {{- include "trireme.containerSecurity" . | nindent 4 }}
  resources:
    requests: {cpu: 20m, memory: 64Mi}
    limits: {memory: 256Mi}
  volumeMounts:
  - {name: models, mountPath: /models}
{{- end }}
