{{/* A question of KEDA to Prometheus: root, name, query, target of a replica. No answer is an error, not a zero, unless the model sleeps. */}}
{{- define "trireme.trigger" -}}
- type: prometheus
  name: {{ index . 1 }}
  metricType: AverageValue
  metadata:
    serverAddress: {{ (index . 0).Values.autoscaling.prometheus }}
    query: {{ index . 2 | toJson }}
    threshold: {{ index . 3 | toString | quote }}
    ignoreNullValues: {{ include "trireme.modelSleeps" (index . 0) | empty | not | quote }}
{{- end }}
