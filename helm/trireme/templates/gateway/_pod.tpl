{{/* The gateway's pod, which a Deployment or a StatefulSet makes. */}}

{{- define "trireme.gatewayPod" -}}
metadata:
  labels: {{- include "trireme.labels" . | nindent 4 }}
    app.kubernetes.io/component: gateway
  annotations:
    # What a ConfigMap says reaches pods after a minute or more; new pods have it at once.
    trireme/served: {{ include "trireme.gatewayFiles" . | sha256sum | trunc 16 | quote }}
    {{- if eq .Values.gateway.metrics "open" }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "8080"
    {{- end }}
spec:
  serviceAccountName: {{ include "trireme.gateway" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext: {{- include "trireme.podSecurity" . | nindent 4 }}
  # The drain, requests in flight, the prediction log, and some seconds for what is slower than it should be.
  terminationGracePeriodSeconds: {{ include "trireme.gatewayGraceSeconds" . }}
  {{- with include "trireme.scheduling" .Values.gateway }}{{ . | nindent 2 }}{{ end }}
  # Not all on one node, where there are several.
  topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: {matchLabels: {{- include "trireme.gatewaySelector" . | fromYaml | toJson | indent 1 }}}
  {{- if not (include "trireme.isClaim" .) }}
  initContainers: {{- include "trireme.mirror" . | nindent 2 }}
  {{- end }}
  containers:
  - name: gateway
    image: {{ .Values.gateway.image }}
    imagePullPolicy: {{ .Values.gateway.imagePullPolicy }}
    ports:
    - {name: http, containerPort: 8080, protocol: TCP}
    env: {{- include "trireme.gatewayEnvironment" . | trim | nindent 4 }}
    securityContext: {{- include "trireme.containerSecurity" . | nindent 6 }}
    # Not /health/ready, which is about models: a gateway whose models don't answer has to stay in its Service to say so,
    # and to serve the others. A start may wait while another pod brings the database up to date.
    startupProbe:
      httpGet: {path: /health/live, port: http}
      periodSeconds: 1
      failureThreshold: 300
    readinessProbe:
      httpGet: {path: /health/live, port: http}
      periodSeconds: 2
      timeoutSeconds: 2
      failureThreshold: 2
    livenessProbe:
      httpGet: {path: /health/live, port: http}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 3
    resources: {{- toYaml .Values.gateway.resources | nindent 6 }}
    volumeMounts:
    - name: models
      mountPath: /models
      readOnly: true
      {{- with and (include "trireme.isClaim" .) (include "trireme.claimFolder" .) }}
      subPath: {{ . }}
      {{- end }}
    - {name: served, mountPath: /etc/trireme, readOnly: true}
    - {name: state, mountPath: /var/lib/trireme}
    - {name: tmp, mountPath: /tmp}
    {{- if include "trireme.gatewayAsksKubernetes" . }}
    - {name: kubernetes, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
    {{- end }}
    {{- range $name := include "trireme.gatewaySecrets" . | fromYaml | keys | sortAlpha }}
    - {name: {{ $name }}-secret, mountPath: /etc/trireme-secrets/{{ $name }}, readOnly: true}
    {{- end }}
  volumes:
  - name: models
    {{- if include "trireme.isClaim" . }}
    persistentVolumeClaim: {claimName: {{ include "trireme.claim" . }}, readOnly: true}
    {{- else }}
    emptyDir: {sizeLimit: {{ .Values.gateway.disk.models }}}
    {{- end }}
  - name: served
    configMap: {name: {{ include "trireme.gateway" . }}}
  {{- if not .Values.gateway.state.storage }}
  - name: state
    emptyDir: {sizeLimit: {{ .Values.gateway.disk.state }}}
  {{- end }}
  - name: tmp
    emptyDir: {sizeLimit: {{ .Values.gateway.disk.scratch }}}
  {{- if include "trireme.gatewayAsksKubernetes" . }}
  # The account's token, for the gateway alone: containers beside it need none.
  - name: kubernetes
    projected:
      defaultMode: 0440
      sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3600}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
  {{- end }}
  {{- range $name, $secret := include "trireme.gatewaySecrets" . | fromYaml }}
  - name: {{ $name }}-secret
    secret: {secretName: {{ $secret }}, defaultMode: 0440}
  {{- end }}
{{- end }}

{{/* Who asks nothing of Kubernetes gets no token. */}}
{{- define "trireme.gatewayAsksKubernetes" -}}
{{- if or .Values.rollout.enabled .Values.jobs.enabled (ne .Values.autoscaling.provider "none") }}yes{{ end }}
{{- end }}

{{- define "trireme.gatewayGraceSeconds" -}}
{{ add .Values.gateway.drainSeconds .Values.gateway.stopSeconds .Values.gateway.log.drainSeconds 10 }}
{{- end }}

{{/* Secrets that the pod sees as files, by the name of their folder. */}}
{{- define "trireme.gatewaySecrets" -}}
{{- if eq .Values.gateway.auth.mode "accounts" }}
auth: {{ .Values.gateway.auth.secret }}
{{- end }}
{{- with .Values.gateway.log.secret }}
log: {{ . }}
{{- end }}
{{- end }}
