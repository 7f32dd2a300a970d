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
  {{- with .Values.store.secret }}
  - {name: AWS_ACCESS_KEY_ID, valueFrom: {secretKeyRef: {name: {{ . }}, key: AWS_ACCESS_KEY_ID}}}
  - {name: AWS_SECRET_ACCESS_KEY, valueFrom: {secretKeyRef: {name: {{ . }}, key: AWS_SECRET_ACCESS_KEY}}}
  - {name: AWS_DEFAULT_REGION, valueFrom: {secretKeyRef: {name: {{ . }}, key: AWS_DEFAULT_REGION, optional: true}}}
  - {name: MIRROR_ENDPOINT, valueFrom: {secretKeyRef: {name: {{ . }}, key: S3_ENDPOINT, optional: true}}}
  {{- end }}
  securityContext: {{- include "trireme.containerSecurity" . | nindent 4 }}
  resources:
    requests: {cpu: 20m, memory: 64Mi}
    limits: {memory: 256Mi}
  volumeMounts:
  - {name: models, mountPath: /models}
{{- end }}
