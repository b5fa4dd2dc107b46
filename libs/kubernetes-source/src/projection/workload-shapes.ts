import { flag, list, map, members, number, type Shape, text, textOrNumber } from './shape.js';

/** What is shown of the kinds that run something. Values of environment variables, commands and arguments are never kept. */

export const conditions: Shape = list(
  members({ type: text, status: text, reason: text, message: text, lastTransitionTime: text }),
);

export const quantities: Shape = map(textOrNumber);

const labelSelector: Shape = members({
  matchLabels: map(text),
  matchExpressions: list(members({ key: text, operator: text, values: list(text) })),
});

const containers: Shape = list(
  members({
    name: text,
    image: text,
    resources: members({ requests: quantities, limits: quantities }),
    ports: list(members({ name: text, containerPort: number, protocol: text })),
    env: list(members({ name: text })),
  }),
);

const moment = { reason: text, message: text, startedAt: text, finishedAt: text, exitCode: number, signal: number };
const containerState: Shape = members({
  waiting: members({ reason: text, message: text }),
  running: members({ startedAt: text }),
  terminated: members(moment),
});

const containerStatuses: Shape = list(
  members({
    name: text,
    image: text,
    ready: flag,
    started: flag,
    restartCount: number,
    state: keptEmpty(containerState),
    lastState: containerState,
  }),
);

/** `running: {}` says something although it has no members. */
function keptEmpty(shape: Shape): Shape {
  return (value, cut) => {
    const kept = shape(value, cut);
    if (kept !== undefined || typeof value !== 'object' || value === null) return kept;
    const phase = ['running', 'waiting', 'terminated'].find((name) => name in value);
    return phase === undefined ? undefined : { [phase]: {} };
  };
}

export const podSpec: Shape = members({
  nodeName: text,
  nodeSelector: map(text),
  serviceAccountName: text,
  priorityClassName: text,
  restartPolicy: text,
  schedulerName: text,
  runtimeClassName: text,
  hostNetwork: flag,
  terminationGracePeriodSeconds: number,
  tolerations: list(members({ key: text, operator: text, value: text, effect: text, tolerationSeconds: number })),
  initContainers: containers,
  containers,
});

export const podStatus: Shape = members({
  phase: text,
  reason: text,
  message: text,
  podIP: text,
  podIPs: list(members({ ip: text })),
  hostIP: text,
  nominatedNodeName: text,
  qosClass: text,
  startTime: text,
  conditions,
  initContainerStatuses: containerStatuses,
  containerStatuses,
});

/** Of a template only what its pods would be: the pods themselves say the rest. */
const podTemplate: Shape = members({
  metadata: members({ labels: map(text) }),
  spec: members({
    nodeSelector: map(text),
    serviceAccountName: text,
    priorityClassName: text,
    restartPolicy: text,
    initContainers: containers,
    containers,
  }),
});

const rollingUpdate: Shape = members({
  maxUnavailable: textOrNumber,
  maxSurge: textOrNumber,
  partition: number,
});
const strategy: Shape = members({ type: text, rollingUpdate });

export const deployment = {
  spec: members({
    replicas: number,
    paused: flag,
    minReadySeconds: number,
    progressDeadlineSeconds: number,
    revisionHistoryLimit: number,
    selector: labelSelector,
    strategy,
    template: podTemplate,
  }),
  status: members({
    observedGeneration: number,
    replicas: number,
    updatedReplicas: number,
    readyReplicas: number,
    availableReplicas: number,
    unavailableReplicas: number,
    conditions,
  }),
};

export const statefulSet = {
  spec: members({
    replicas: number,
    serviceName: text,
    podManagementPolicy: text,
    selector: labelSelector,
    updateStrategy: strategy,
    template: podTemplate,
  }),
  status: members({
    observedGeneration: number,
    replicas: number,
    readyReplicas: number,
    currentReplicas: number,
    updatedReplicas: number,
    availableReplicas: number,
    currentRevision: text,
    updateRevision: text,
    conditions,
  }),
};

export const daemonSet = {
  spec: members({
    minReadySeconds: number,
    selector: labelSelector,
    updateStrategy: strategy,
    template: podTemplate,
  }),
  status: members({
    observedGeneration: number,
    currentNumberScheduled: number,
    desiredNumberScheduled: number,
    numberMisscheduled: number,
    numberReady: number,
    numberAvailable: number,
    numberUnavailable: number,
    updatedNumberScheduled: number,
    conditions,
  }),
};

const jobSpec = {
  parallelism: number,
  completions: number,
  completionMode: text,
  backoffLimit: number,
  activeDeadlineSeconds: number,
  ttlSecondsAfterFinished: number,
  suspend: flag,
  selector: labelSelector,
  template: podTemplate,
};

export const job = {
  spec: members(jobSpec),
  status: members({
    active: number,
    ready: number,
    succeeded: number,
    failed: number,
    startTime: text,
    completionTime: text,
    conditions,
  }),
};

export const cronJob = {
  spec: members({
    schedule: text,
    timeZone: text,
    concurrencyPolicy: text,
    suspend: flag,
    startingDeadlineSeconds: number,
    successfulJobsHistoryLimit: number,
    failedJobsHistoryLimit: number,
    jobTemplate: members({ spec: members(jobSpec) }),
  }),
  status: members({
    active: list(members({ name: text, namespace: text, uid: text })),
    lastScheduleTime: text,
    lastSuccessfulTime: text,
  }),
};
