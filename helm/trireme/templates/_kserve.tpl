{{/* An old KServe would scale and stop by rules of its own. Without a cluster at hand (`helm template`) nothing is found. */}}
{{- define "trireme.kserveCheck" -}}
{{- if .Values.kserve.namespace }}
{{- $controller := lookup "apps/v1" "Deployment" .Values.kserve.namespace "kserve-controller-manager" | default dict }}
{{- range dig "spec" "template" "spec" "containers" list $controller }}
{{- $tagged := "^.*:v?([0-9]+\\.[0-9]+)[^/:@]*(@.*)?$" }}
{{- if and (eq .name "manager") (regexMatch $tagged .image) }}
{{- $version := regexReplaceAll $tagged .image "${1}" }}
{{- if semverCompare "<0.20" $version }}
{{- fail (printf "This cluster has KServe %s, and the chart needs 0.20 or newer: upgrade KServe first." $version) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
