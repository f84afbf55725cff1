{{/* Names and labels: those of FIG's chart, since a Deployment's selector cannot be changed by an upgrade. */}}
{{- define "fig-bridge.name" -}}
{{- default "falcon-integration-gateway" .Values.nameOverride | trunc 63 | trimSuffix "-" }}
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

{{/* Not empty if the variable of this name is in extraEnv, or may be in falcon.existingSecret. */}}
{{- define "fig-bridge.given" -}}
{{- $values := (index . 0).Values }}
{{- $name := index . 1 }}
{{- $values.falcon.existingSecret }}
{{- range $values.extraEnv }}{{ if eq .name $name }}{{ .name }}{{ end }}{{ end }}
{{- end }}

{{/* Not empty if extraEnv has the whole Falcon API client. */}}
{{- define "fig-bridge.client" -}}
{{- if include "fig-bridge.given" (list . "FALCON_CLIENT_ID") }}{{ include "fig-bridge.given" (list . "FALCON_CLIENT_SECRET") }}{{ end }}
{{- end }}

{{/* The Secret that the variables come from; none with a credential store, or if extraEnv has what it holds. */}}
{{- define "fig-bridge.secret" -}}
{{- if .Values.falcon.existingSecret }}
{{- .Values.falcon.existingSecret }}
{{- else if not (or .Values.credentials_store.store (include "fig-bridge.client" .)) }}
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
{{- $logs := ternary "CLOUDWATCH_LOGS" "" $push.cloudwatch_logs.enabled }}
{{- $s3 := ternary "S3" "" $push.s3.enabled }}
{{- $backends := list $lake $logs $s3 $sqs $generic | compact }}
{{- if not $backends }}
{{- fail "enable one of push.cloudtrail_lake, push.cloudwatch_logs, push.s3, push.aws_sqs, push.generic" }}
{{- end }}
{{- join "," $backends }}
{{- end }}

{{/* The image, the variables and the configuration, for the container and the test. */}}
{{- define "fig-bridge.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{- define "fig-bridge.variables" -}}
{{- with include "fig-bridge.secret" . -}}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
{{- end }}

{{/* The keys of a section of config.ini that have a value. */}}
{{- define "fig-bridge.section" -}}
{{- range $key, $value := omit . "enabled" }}
{{- if not (kindIs "invalid" $value) }}
{{ $key }} = {{ if kindIs "float64" $value }}{{ int64 $value }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "fig-bridge.deadLetter" -}}
{{- default "file:/var/lib/fig-bridge/fig-dead-letter.jsonl" .Values.fig_bridge.dead_letter }}
{{- end }}

{{/* The volume for what is kept in files: "claim", "pod" (its own folder, deleted with it), or nothing. */}}
{{- define "fig-bridge.volume" -}}
{{- $disk := .Values.fig_bridge.persistence }}
{{- $lasts := or $disk.enabled $disk.existingClaim }}
{{- $offsets := default "" .Values.fig_bridge.offset_store }}
{{- $files := list }}
{{- range $place := list (include "fig-bridge.deadLetter" .) $offsets }}
{{- if hasPrefix "file:" $place }}
{{- if not (hasPrefix "file:/var/lib/fig-bridge/" $place) }}
{{- fail (printf "%s: only /var/lib/fig-bridge can be written to" $place) }}
{{- end }}
{{- $files = append $files $place }}
{{- end }}
{{- end }}
{{- if and (hasPrefix "file:" $offsets) (not $lasts) }}
{{- fail "fig_bridge.offset_store is a file, which would be deleted with the pod: set fig_bridge.persistence.enabled or .existingClaim" }}
{{- end }}
{{- if $files }}{{ ternary "claim" "pod" (not (not $lasts)) }}{{ end }}
{{- end }}

{{/* Values that FIG's chart takes, and that cannot be meant for fig-bridge. */}}
{{- define "fig-bridge.refusals" -}}
{{- if .Values.autoscaling.enabled }}
{{- fail "autoscaling.enabled: one application id has one connection, so that more instances carry no more events" }}
{{- end }}
{{- if regexMatch "(^|/)crowdstrike/falcon-integration-gateway$" .Values.image.repository }}
{{- fail (printf "image.repository: %s is FIG's image, and this chart starts fig-bridge: set image.repository and image.tag to an image of fig-bridge" .Values.image.repository) }}
{{- end }}
{{- if .Values.falcon.credentials_store }}
{{- fail "falcon.credentials_store: FIG's README has it there, and FIG's chart does not read it there; write credentials_store at the top level" }}
{{- end }}
{{- end }}
