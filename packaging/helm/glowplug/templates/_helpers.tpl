{{/* The name of everything: the release's, with the chart's if that is not in it. */}}
{{- define "glowplug.name" -}}
{{- $name := .Release.Name }}
{{- if not (contains "glowplug" $name) }}{{ $name = printf "%s-glowplug" $name }}{{ end }}
{{- $name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* The labels by which pods are found. Takes a list: the root, and the component. */}}
{{- define "glowplug.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: glowplug
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "glowplug.labels" -}}
{{- $root := index . 0 -}}
{{ include "glowplug.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "glowplug.image" -}}
{{- $image := .Values.image }}
{{- $repository := required "image.repository: say where you have pushed the image of packaging/container" $image.repository }}
{{- printf "%s:%s" $repository ($image.tag | default .Chart.AppVersion) }}
{{- end }}

{{/* glowplug.toml. JSON's texts, numbers, booleans and lists are TOML's, too. */}}
{{- define "glowplug.toml" -}}
{{- range $name, $value := .Values.settings }}
{{ $name }} = {{ toJson $value }}
{{- end }}
{{- range $role, $limits := .Values.roles }}

[roles.{{ toJson $role }}]
{{- range $name, $value := $limits }}
{{ $name }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The environment of a component. Takes a list: the root, and the component.
With the queue for all operations, servers need no connection to the database, so they get none.
*/}}
{{- define "glowplug.env" -}}
{{- $values := (index . 0).Values -}}
{{- $left_out := list -}}
{{- if and (eq (index . 1) "serve") (eq (toString $values.settings.queue) "all") }}
{{- $left_out = list "DATABASE_URL" "DIRECT_URL" "GLOWPLUG_REPLICA_URL" }}
{{- end }}
{{- range $name, $from := $values.secretEnv }}
{{- if not (has $name $left_out) }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: {name: {{ $from.secret | quote }}, key: {{ $from.key | quote }}}
{{- end }}
{{- end }}
{{- range $name, $value := $values.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
- name: GLOWPLUG_DRAIN_TIMEOUT
  value: {{ printf "%ds" (int $values.drainTimeout) | quote }}
- name: GLOWPLUG_METRICS_LISTEN
  value: 0.0.0.0:9090
{{- end }}

{{/* A pod of a component. Takes a list: the root, the component, and its resources. */}}
{{- define "glowplug.pod" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := $root.Values -}}
metadata:
  labels:
    {{- include "glowplug.labels" (list $root $component) | nindent 4 }}
    {{- with $values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # New settings make new pods.
    checksum/settings: {{ include "glowplug.toml" $root | sha256sum }}
    {{- with $values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  {{- with $values.serviceAccountName }}
  serviceAccountName: {{ . }}
  {{- end }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  # Some seconds more than the program takes, after which it would be killed.
  terminationGracePeriodSeconds: {{ add (int $values.shutdownDelay) (int $values.drainTimeout) 10 }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity: {{ toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "glowplug.selector" (list $root $component) | nindent 10 }}
  containers:
    - name: glowplug
      image: {{ include "glowplug.image" $root | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: [{{ $component }}, --config, /etc/glowplug/glowplug.toml]
      env:
        {{- include "glowplug.env" (list $root $component) | nindent 8 }}
        {{- if eq $component "worker" }}
        - name: GLOWPLUG_POOL_SIZE
          value: {{ int $values.worker.poolSize | quote }}
        {{- else }}
        - name: GLOWPLUG_LISTEN
          value: 0.0.0.0:8080
        - name: GLOWPLUG_SHUTDOWN_DELAY
          value: {{ printf "%ds" (int $values.shutdownDelay) | quote }}
        {{- end }}
      ports:
        {{- if eq $component "serve" }}
        - {name: http, containerPort: 8080}
        {{- end }}
        - {name: metrics, containerPort: 9090}
      # Says that the process is alive, whatever the state of the database: a restart mends no database. By the port of the metrics, so that
      # clients who occupy all connections end no server.
      livenessProbe:
        httpGet: {path: /healthz, port: metrics}
        periodSeconds: 10
        timeoutSeconds: 3
        failureThreshold: 6
      # Answers within two seconds. By the port that clients use.
      readinessProbe:
        httpGet: {path: /readyz, port: {{ ternary "metrics" "http" (eq $component "worker") }}}
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      {{- with index . 2 }}
      resources: {{ toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        # As a file, not as a folder, so that others can be mounted beside it.
        - {name: settings, mountPath: /etc/glowplug/glowplug.toml, subPath: glowplug.toml, readOnly: true}
        {{- with $values.volumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
  volumes:
    - name: settings
      configMap: {name: {{ include "glowplug.name" $root }}}
    {{- with $values.volumes }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}
