{{/* Spec of the ServingRuntime. */}}
{{- define "trireme.runtimeSpec" -}}
{{- if and .Values.modelServer.livenessProbe.exec .Values.modelServer.livenessProbe.httpGet }}
{{- fail "modelServer.livenessProbe has two handlers, the default's and yours: write `exec: null` beside httpGet." }}
{{- end }}
annotations:
  prometheus.kserve.io/port: "8002"
  prometheus.kserve.io/path: /metrics
supportedModelFormats:
- {name: trireme, version: "1", autoSelect: false}
protocolVersions: [v2, grpc-v2]
multiModel: false
containers:
- name: kserve-container
  image: {{ .Values.modelServer.image }}
  imagePullPolicy: {{ .Values.modelServer.imagePullPolicy }}
  command: [/bin/sh, -euc]
  args:
  - | {{- .Files.Get "files/start-triton.sh" | nindent 4 }}
  - start-triton
  - --model-repository=/tmp/repository
  - --disable-auto-complete-config
  - --http-port=8000
  - --grpc-port=8001
  - --metrics-port=8002
  - --exit-timeout-secs={{ .Values.modelServer.stopSeconds }}
  - --allow-gpu-metrics=false
  - --allow-sagemaker=false
  - --allow-vertex-ai=false
  ports:
  - {name: http, containerPort: 8000, protocol: TCP}
  - {name: grpc, containerPort: 8001, protocol: TCP}
  - {name: metrics, containerPort: 8002, protocol: TCP}
  securityContext: {{- include "trireme.containerSecurity" . | nindent 4 }}
  # Ready means that the version is loaded: Triton's readiness is strict.
  startupProbe:
    httpGet: {path: /v2/health/ready, port: http}
    periodSeconds: 1
    timeoutSeconds: 3
    failureThreshold: 300
  readinessProbe:
    httpGet: {path: /v2/health/ready, port: http}
    periodSeconds: 2
    timeoutSeconds: 3
    failureThreshold: 2
  livenessProbe: {{- toYaml .Values.modelServer.livenessProbe | nindent 4 }}
  # Triton unloads its model at SIGTERM: the gateways must have let go of this pod by then.
  lifecycle:
    preStop: {sleep: {seconds: {{ .Values.modelServer.drainSeconds }}}}
  resources: {{- toYaml .Values.model.resources | nindent 4 }}
  volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: shared-memory, mountPath: /dev/shm}
volumes:
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
- name: shared-memory
  emptyDir: {medium: Memory, sizeLimit: {{ .Values.modelServer.sharedMemory }}}
{{- end }}
