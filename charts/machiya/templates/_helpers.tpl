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

{{/* Where the viewer finds the views of all runs. */}}
{{- define "machiya.viewer-runs" -}}
{{- $kind := include "machiya.store-kind" . -}}
{{- if .Values.viewer.runs -}}
{{ .Values.viewer.runs }}
{{- else if eq $kind "s3" -}}
s3://{{ required "store.s3.bucket is empty: name the bucket of the artifacts." (include "machiya.s3" . | fromYaml).bucket }}/shown/viewer/views
{{- else if eq $kind "gcs" -}}
gs://{{ required "store.gcs.bucket is empty: name the bucket of the artifacts." .Values.store.gcs.bucket }}/shown/viewer/views
{{- else -}}
{{- fail "The viewer reads the store, but store.kind is none: describe the store (s3 or gcs), give viewer.runs, or set viewer.enabled to false." -}}
{{- end -}}
{{- end -}}

{{/* Of which kind that place is: s3, gcs, or "" for one that the chart knows nothing of. */}}
{{- define "machiya.viewer-kind" -}}
{{- get (dict "s3" "s3" "gs" "gcs" "gcs" "gcs") (include "machiya.viewer-runs" . | splitList "://" | first) -}}
{{- end -}}

{{/* The store whose endpoint and credentials the viewer has, as YAML; empty where it reads from another kind of place. */}}
{{- define "machiya.viewer-store" -}}
{{- $kind := include "machiya.viewer-kind" . -}}
{{- if eq $kind (include "machiya.store-kind" .) -}}
{{ if eq $kind "s3" }}{{ include "machiya.s3" . }}{{ else }}{{ toYaml .Values.store.gcs }}{{ end }}
{{- end -}}
{{- end -}}

{{/* The kind of place that the viewer reads with the identity of its service account; empty if it has credentials. */}}
{{- define "machiya.viewer-identity" -}}
{{- $store := include "machiya.viewer-store" . | fromYaml -}}
{{- if not (dig "secret" "name" "" $store) }}{{ include "machiya.viewer-kind" . }}{{ end -}}
{{- end -}}

{{/* Keys of Secrets that the viewer finds as /etc/NAME/PATH: (name, secret, key, path), as YAML. */}}
{{- define "machiya.viewer-files" -}}
{{- $kind := include "machiya.viewer-kind" . -}}
{{- $store := include "machiya.viewer-store" . | fromYaml -}}
{{- if and (eq $kind "s3") (dig "caSecret" "name" "" $store) }}
- {name: store-ca, secret: {{ $store.caSecret.name }}, key: {{ $store.caSecret.key }}, path: ca.crt}
{{- end }}
{{- if and (eq $kind "gcs") (dig "secret" "name" "" $store) }}
- {name: store-key, secret: {{ $store.secret.name }}, key: {{ $store.secret.key }}, path: key.json}
{{- end }}
{{- end -}}

{{/* How the viewer comes by the store: the variables that the SDKs of AWS and Google read. As YAML. */}}
{{- define "machiya.viewer-environment" -}}
{{- $store := include "machiya.viewer-store" . | fromYaml -}}
{{- if eq (include "machiya.viewer-kind" .) "s3" }}
{{- if and $store.endpoint (ne $store.endpoint "s3.amazonaws.com") }}
# Of S3 alone: AWS_ENDPOINT_URL would count for STS, too.
- {name: AWS_ENDPOINT_URL_S3, value: "{{ ternary "http" "https" (default false $store.insecure) }}://{{ $store.endpoint }}"}
{{- end }}
{{- with $store.region }}
- {name: AWS_REGION, value: {{ . | quote }}}
- {name: AWS_DEFAULT_REGION, value: {{ . | quote }}}
{{- end }}
# No node is asked who it is: the identity is the pod's, and where nobody answers, asking takes seconds.
- {name: AWS_EC2_METADATA_DISABLED, value: "true"}
{{- if dig "secret" "name" "" $store }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ $store.secret.name }}, key: {{ $store.secret.accessKey }}}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ $store.secret.name }}, key: {{ $store.secret.secretKey }}}}
{{- end }}
{{- end }}
{{- range include "machiya.viewer-files" . | fromYamlArray }}
- {name: {{ ternary "SSL_CERT_FILE" "GOOGLE_APPLICATION_CREDENTIALS" (eq .name "store-ca") }}, value: /etc/{{ .name }}/{{ .path }}}
{{- end }}
{{- end -}}

{{/* Parameters of `serve`: those of the values, and the path of the ingress. As YAML. */}}
{{- define "machiya.viewer-parameters" -}}
{{- $viewer := .Values.viewer -}}
{{- if hasKey $viewer.parameters "runs" }}
{{- fail "viewer.parameters.runs is given: where the views are is said in viewer.runs." }}
{{- end }}
{{- $path := trimSuffix "/" $viewer.ingress.path -}}
{{- $below := ternary (dict "root_path" $path) dict (and $viewer.ingress.enabled (ne $path "")) -}}
{{ merge dict $viewer.parameters $below | toYaml }}
{{- end -}}
