{{/* Labels of every object. */}}
{{- define "machiya.labels" -}}
app.kubernetes.io/part-of: machiya
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* What selects the pods of one part: (dict "part" NAME "root" .). */}}
{{- define "machiya.selector" -}}
app.kubernetes.io/name: machiya-{{ .part }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- define "machiya.part-labels" -}}
app.kubernetes.io/name: machiya-{{ .part }}
{{ include "machiya.labels" .root }}
{{- end -}}

{{/* An image by its digest: the tag is for people. */}}
{{- define "machiya.image" -}}
{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}

{{/* The restricted Pod Security Standard, for pods and for containers. */}}
{{- define "machiya.pod-security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}
{{- define "machiya.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Where Argo's controller runs, and as whom. */}}
{{- define "machiya.controller-namespace" -}}
{{ ternary .Release.Namespace .Values.controller.namespace .Values.argo.enabled }}
{{- end -}}
{{- define "machiya.controller-account" -}}
{{ ternary "argo-workflows-workflow-controller" .Values.controller.serviceAccount .Values.argo.enabled }}
{{- end -}}

{{/* The S3 store: the one in the namespace, or that of the values. As YAML. */}}
{{- define "machiya.s3" -}}
{{- if .Values.tryout.enabled -}}
bucket: {{ .Values.tryout.bucket }}
endpoint: machiya-s3.{{ .Release.Namespace }}.svc:3900
region: garage
insecure: true
secret: {name: {{ .Values.tryout.existingSecret | default "machiya-s3" }}, accessKey: accesskey, secretKey: secretkey}
{{- else -}}
{{ toYaml .Values.store.s3 }}
{{- end -}}
{{- end -}}
{{- define "machiya.store-kind" -}}
{{ ternary "s3" .Values.store.kind .Values.tryout.enabled }}
{{- end -}}

{{/* The container that brings tables: (dict "root" . "kind" KIND "s3" S3 "what" once|watch). */}}
{{- define "machiya.fetcher" -}}
{{- $fetcher := .root.Values.viewer.fetcher -}}
image: {{ include "machiya.image" $fetcher.image }}
imagePullPolicy: {{ $fetcher.image.pullPolicy }}
command: [sh, /scripts/fetch.sh, {{ .what }}]
env:
  - {name: HOME, value: /tmp}
  - name: INPUTS
    valueFrom: {configMapKeyRef: {name: machiya-viewer, key: inputs}}
  - {name: POLL_SECONDS, value: {{ $fetcher.pollSeconds | quote }}}
  - {name: SPREAD_SECONDS, value: {{ $fetcher.spreadSeconds | quote }}}
  {{- if eq .kind "gcs" }}
  - {name: BUCKET, value: {{ .root.Values.store.gcs.bucket | quote }}}
  - {name: RCLONE_CONFIG_STORE_TYPE, value: google cloud storage}
  - {name: RCLONE_CONFIG_STORE_BUCKET_POLICY_ONLY, value: "true"}
  {{- with .root.Values.store.gcs.secret }}
  {{- if .name }}
  - name: RCLONE_CONFIG_STORE_SERVICE_ACCOUNT_CREDENTIALS
    valueFrom: {secretKeyRef: {name: {{ .name }}, key: {{ .key }}}}
  {{- else }}
  - {name: RCLONE_CONFIG_STORE_ENV_AUTH, value: "true"}
  {{- end }}
  {{- end }}
  {{- else }}
  - {name: BUCKET, value: {{ .s3.bucket | quote }}}
  - {name: RCLONE_CONFIG_STORE_TYPE, value: s3}
  {{- if eq .s3.endpoint "s3.amazonaws.com" }}
  - {name: RCLONE_CONFIG_STORE_PROVIDER, value: AWS}
  {{- else }}
  - {name: RCLONE_CONFIG_STORE_PROVIDER, value: Other}
  - {name: RCLONE_CONFIG_STORE_ENDPOINT, value: "{{ ternary "http" "https" (default false .s3.insecure) }}://{{ .s3.endpoint }}"}
  {{- end }}
  {{- with .s3.region }}
  - {name: RCLONE_CONFIG_STORE_REGION, value: {{ . | quote }}}
  {{- end }}
  {{- if .s3.secret.name }}
  - name: RCLONE_CONFIG_STORE_ACCESS_KEY_ID
    valueFrom: {secretKeyRef: {name: {{ .s3.secret.name }}, key: {{ .s3.secret.accessKey }}}}
  - name: RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY
    valueFrom: {secretKeyRef: {name: {{ .s3.secret.name }}, key: {{ .s3.secret.secretKey }}}}
  {{- else }}
  - {name: RCLONE_CONFIG_STORE_ENV_AUTH, value: "true"}
  {{- end }}
  {{- with .s3.caSecret }}{{ if .name }}
  - {name: RCLONE_CA_CERT, value: /etc/store-ca/ca.crt}
  {{- end }}{{ end }}
  {{- end }}
resources: {{- toYaml $fetcher.resources | nindent 2 }}
securityContext: {{- include "machiya.container-security" .root | nindent 2 }}
volumeMounts:
  - {name: scripts, mountPath: /scripts, readOnly: true}
  - {name: data, mountPath: /srv/machiya}
  - {name: tmp, mountPath: /tmp}
  {{- if ne .kind "gcs" }}{{ with .s3.caSecret }}{{ if .name }}
  - {name: store-ca, mountPath: /etc/store-ca, readOnly: true}
  {{- end }}{{ end }}{{ end }}
{{- end -}}
