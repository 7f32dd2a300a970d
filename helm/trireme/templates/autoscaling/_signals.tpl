{{/* A number as a quantity in thousandths. */}}
{{- define "trireme.milli" -}}
{{ round (mulf . 1000) 0 | int64 }}m
{{- end }}

{{/* What Kubernetes calls the Deployment that KServe makes for the pinned InferenceService. */}}
{{- define "trireme.predictor" -}}
{{ include "trireme.slot" . }}-predictor
{{- end }}

{{/* How fast pods come and go. An API server before 1.33 doesn't know `tolerance`, and KEDA's ScaledObject doesn't either. */}}
{{- define "trireme.behavior" -}}
{{- $behavior := deepCopy .behavior -}}
{{- if or .withoutTolerance (semverCompare "<1.33-0" .root.Capabilities.KubeVersion.Version) }}
{{- range $direction := values $behavior }}{{ $_ := unset $direction "tolerance" }}{{ end -}}
{{- end -}}
{{ toYaml $behavior }}
{{- end }}

{{/* The same signals as in files/prometheus-adapter-rules.yaml, as sums over the model's pods, which KEDA's HPA divides by their number. */}}
{{- define "trireme.gatewaySeries" -}}
{namespace={{ .Release.Namespace | quote }},model={{ .Values.model.name | quote }},version={{ .Values.model.version | toString | quote }}}
{{- end }}

{{- define "trireme.itemsInFlightQuery" -}}
sum(avg_over_time(trireme_gateway_pictures_in_flight{{ include "trireme.gatewaySeries" . }}[30s]))
{{- end }}

{{- define "trireme.itemsPerSecondQuery" -}}
sum(rate(trireme_gateway_batch_pictures_sum{{ include "trireme.gatewaySeries" . }}[1m]))
{{- end }}

{{/* 1 while somebody asks, answered or not: a sleeping model is woken, and one that is awake stays so. Without an answer: null, an error. */}}
{{- define "trireme.askedQuery" -}}
sum(increase(trireme_gateway_asked_total{{ include "trireme.gatewaySeries" . }}[1m])) > bool 0
{{- end }}

{{/* By pod: the chart's PodMonitor gives Triton's series the gateway's names of models, other scrapers leave Triton's own. */}}
{{- define "trireme.podSeries" -}}
{namespace={{ .Release.Namespace | quote }},pod=~{{ printf "%s-.+" (include "trireme.predictor" .) | quote }}}[1m]
{{- end }}

{{- define "trireme.busyInstancesQuery" -}}
{{- $of := include "trireme.podSeries" . -}}
sum(sum by (pod) (rate(nv_inference_compute_infer_duration_us{{ $of }})) / 1e6 * sum by (pod) (rate(nv_inference_exec_count{{ $of }})) / clamp_min(sum by (pod) (rate(nv_inference_request_success{{ $of }})), 1e-3))
{{- end }}

{{- define "trireme.queueRatioQuery" -}}
{{- $of := include "trireme.podSeries" . -}}
sum(sum by (pod) (rate(nv_inference_queue_duration_us{{ $of }})) / clamp_min(sum by (pod) (rate(nv_inference_compute_infer_duration_us{{ $of }})), 1))
{{- end }}

{{- define "trireme.gpuBusyShareQuery" -}}
{{- $of := include "trireme.podSeries" . -}}
sum(avg by (pod) (avg_over_time(DCGM_FI_PROF_GR_ENGINE_ACTIVE{{ $of }})) or avg by (pod) (avg_over_time(DCGM_FI_DEV_GPU_UTIL{{ $of }})) / 100)
{{- end }}

{{- define "trireme.gpuMemoryShareQuery" -}}
{{- $of := include "trireme.podSeries" . -}}
sum(sum by (pod) (avg_over_time(DCGM_FI_DEV_FB_USED{{ $of }})) / (sum by (pod) (avg_over_time(DCGM_FI_DEV_FB_USED{{ $of }})) + sum by (pod) (avg_over_time(DCGM_FI_DEV_FB_FREE{{ $of }}))))
{{- end }}
