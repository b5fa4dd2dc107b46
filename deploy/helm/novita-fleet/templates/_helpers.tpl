{{- define "fleet.name" -}}
{{- if contains .Chart.Name .Release.Name -}}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{- end -}}
{{- end }}

{{- define "fleet.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "fleet.labels" -}}
{{ include "fleet.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "fleet.image" -}}
{{- if .Values.image.digest -}}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end -}}
{{- end }}

{{- define "fleet.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}{{ .Values.serviceAccount.name | default (include "fleet.name" .) }}
{{- else -}}{{ .Values.serviceAccount.name | default "default" }}{{- end -}}
{{- end }}

{{/* Of both kinds of pods: settings from the ConfigMap, secrets from yours. */}}
{{- define "fleet.env" -}}
envFrom:
  - configMapRef: { name: {{ include "fleet.name" . }} }
env:
  - name: NOVITA_API_KEY
    valueFrom: { secretKeyRef: { name: {{ .Values.secrets.novita.name }}, key: {{ .Values.secrets.novita.key }} } }
  - name: API_KEYS
    valueFrom: { secretKeyRef: { name: {{ .Values.secrets.apiKeys.name }}, key: {{ .Values.secrets.apiKeys.key }} } }
  - name: REDIS_URL
    valueFrom: { secretKeyRef: { name: {{ .Values.secrets.redis.name }}, key: {{ .Values.secrets.redis.key }} } }
  {{- range $name, $secret := .Values.secrets.extra }}
  - name: {{ $name }}
    valueFrom: { secretKeyRef: { name: {{ $secret.name }}, key: {{ $secret.key }} } }
  {{- end }}
{{- end }}

{{- define "fleet.podSecurity" -}}
runAsNonRoot: true
# The user `node` of the image.
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "fleet.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* A process says that it is not ready before it closes its port, and ends by itself: no preStop is needed. */}}
{{- define "fleet.probes" -}}
startupProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /health/ready, port: http }
  periodSeconds: 5
  timeoutSeconds: 4
  failureThreshold: 2
{{- end }}

{{/* Spread over nodes, so that one node takes not all of them with it. */}}
{{- define "fleet.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "fleet.selector" . | nindent 8 }}
{{- end }}

{{- define "fleet.grace" -}}{{ add .Values.shutdown.delaySeconds .Values.shutdown.timeoutSeconds 15 }}{{- end }}
