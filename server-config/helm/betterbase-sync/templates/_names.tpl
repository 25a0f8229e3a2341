{{- define "betterbase-sync.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "betterbase-sync.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "betterbase-sync.labels" -}}
{{ include "betterbase-sync.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end -}}

{{- define "betterbase-sync.claim" -}}
{{- .Values.persistence.existingClaim | default (include "betterbase-sync.name" .) -}}
{{- end -}}

{{/* Not empty if the servers are nodes of a cluster. */}}
{{- define "betterbase-sync.clustered" -}}
{{- if eq (.Values.settings.CLUSTER | default "none") "hazelcast" -}}yes{{- end -}}
{{- end -}}

{{- define "betterbase-sync.cluster" -}}
{{- printf "%s-cluster" (include "betterbase-sync.name" . | trunc 55 | trimSuffix "-") -}}
{{- end -}}
