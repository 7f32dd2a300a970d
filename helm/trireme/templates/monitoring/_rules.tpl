{{/* The groups of rules that this release needs, from files/rules, as {groups: […]}. */}}
{{- define "trireme.rules" -}}
{{- $scaled := or .Values.autoscaling.gateway.enabled (ne .Values.autoscaling.provider "none") -}}
{{- $without := dict "rollout" (not .Values.rollout.enabled) "log" (not .Values.gateway.log.enabled) "autoscaling" (not $scaled) -}}
{{- $groups := list -}}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" -}}
{{- if not (get $without (base $path | trimSuffix ".yaml")) -}}
{{- $text := include "trireme.rulesText" (dict "text" ($.Files.Get $path) "filled" (include "trireme.rulesFilled" $ | fromYaml)) -}}
{{- $groups = concat $groups (fromYaml $text).groups -}}
{{- end -}}
{{- end -}}
{{- range $group := $groups -}}
{{- range $rule := $group.rules -}}
{{- with $rule.alert -}}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s#%s" $.Values.monitoring.rules.runbook (lower .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ dict "groups" $groups | toYaml }}
{{- end }}

{{/* What stands for ${…} in the rules: the series of this release, and its thresholds. */}}
{{- define "trireme.rulesFilled" -}}
gateway: {{ printf "namespace=%q, job=%q" .Release.Namespace (include "trireme.gateway" .) | squote }}
models: {{ printf "namespace=%q, job=\"%s/%s\"" .Release.Namespace .Release.Namespace (include "trireme.models" .) | squote }}
namespace: {{ .Release.Namespace }}
autoscalers: {{ printf "%s|(keda-hpa-)?%s" (include "trireme.gateway" .) (include "trireme.slot" .) | squote }}
spillBytes: {{ .Values.gateway.log.spillBytes | int64 }}
{{ pick .Values.monitoring.rules "availability" "latency" "instances" | toYaml }}
{{ toYaml .Values.monitoring.rules.thresholds }}
{{- end }}

{{/* A file of rules with that filled in; PromQL's and the alerts' own braces stay. */}}
{{- define "trireme.rulesText" -}}
{{- $text := .text -}}
{{- range $name, $value := .filled -}}
{{- $text = replace (printf "${%s}" $name) (toString $value) $text -}}
{{- end -}}
{{ $text }}
{{- end }}
