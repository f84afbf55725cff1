{{/* Names and labels: those of FIG's chart, since a Deployment's selector cannot be changed by an upgrade. */}}
{{- define "fig-bridge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "fig-bridge.fullname" -}}
{{- $name := include "fig-bridge.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "fig-bridge.selectorLabels" -}}
run: {{ include "fig-bridge.fullname" . }}
app.kubernetes.io/name: {{ include "fig-bridge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "fig-bridge.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "fig-bridge.selectorLabels" . }}
{{- end }}

{{/* The Secret that the variables come from; none with a credential store. */}}
{{- define "fig-bridge.secret" -}}
{{- if .Values.falcon.existingSecret }}
{{- .Values.falcon.existingSecret }}
{{- else if not .Values.credentials_store.store }}
{{- printf "%s-creds" (include "fig-bridge.fullname" .) }}
{{- end }}
{{- end }}

{{- define "fig-bridge.backends" -}}
{{- $push := .Values.push }}
{{- range $name := list "aws_security_hub" "azure_log_analytics" "chronicle" "gcp_security_command_center" "vmware_workspace_one" }}
{{- if (index $push $name).enabled }}
{{- fail (printf "push.%s is a backend of FIG's that fig-bridge does not have: keep FIG for it, with an application id of its own" $name) }}
{{- end }}
{{- end }}
{{- $lake := ternary "CLOUDTRAIL_LAKE" "" $push.cloudtrail_lake.enabled }}
{{- $sqs := ternary "AWS_SQS" "" $push.aws_sqs.enabled }}
{{- $generic := ternary "GENERIC" "" $push.generic.enabled }}
{{- $backends := list $lake $sqs $generic | compact }}
{{- if not $backends }}
{{- fail "enable one of push.cloudtrail_lake, push.aws_sqs, push.generic" }}
{{- end }}
{{- join "," $backends }}
{{- end }}

{{- define "fig-bridge.deadLetter" -}}
{{- default "file:/var/lib/fig-bridge/fig-dead-letter.jsonl" .Values.fig_bridge.dead_letter }}
{{- end }}

{{/* "yes" where something is kept in a file. */}}
{{- define "fig-bridge.needsVolume" -}}
{{- $places := list (include "fig-bridge.deadLetter" .) (default "" .Values.fig_bridge.offset_store) }}
{{- range $place := $places }}
{{- if hasPrefix "file:" $place }}
{{- if not (hasPrefix "file:/var/lib/fig-bridge/" $place) }}
{{- fail (printf "%s: only /var/lib/fig-bridge can be written to" $place) }}
{{- end }}yes{{ end }}
{{- end }}
{{- end }}
