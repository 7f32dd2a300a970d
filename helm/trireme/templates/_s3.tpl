{{/* Credentials of an S3 store from its Secret, as all clients of S3 read them, and its address under the given name. */}}
{{- define "trireme.s3Access" }}
{{- if .secret }}
- {name: AWS_ACCESS_KEY_ID, valueFrom: {secretKeyRef: {name: {{ .secret }}, key: AWS_ACCESS_KEY_ID}}}
- {name: AWS_SECRET_ACCESS_KEY, valueFrom: {secretKeyRef: {name: {{ .secret }}, key: AWS_SECRET_ACCESS_KEY}}}
- {name: AWS_DEFAULT_REGION, valueFrom: {secretKeyRef: {name: {{ .secret }}, key: AWS_DEFAULT_REGION, optional: true}}}
- {name: {{ .endpoint }}, valueFrom: {secretKeyRef: {name: {{ .secret }}, key: S3_ENDPOINT, optional: true}}}
{{- end }}
{{- end }}
