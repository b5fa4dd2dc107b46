import {
  duration,
  MINUTE_MS,
  matching,
  ruleBetween,
  SECOND_MS,
  Setting,
  type SettingKind,
  type SettingRule,
  trueOrFalse,
  Violation,
  wholeNumber,
} from '@app/platform';

const PATH = matching(/^[^\0]{1,4096}$/, 'a path');
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Each that is named has connections of its own for every kind. */
const MOST_NAMESPACES = 100;

const namespaces: SettingKind<readonly string[]> = {
  accepted: `a comma-separated list of at most ${MOST_NAMESPACES} namespaces`,
  whenUnset: [],
  parse: (text) => {
    const names = [...new Set(text.split(',').map((name) => name.trim()))];
    const wrong = names.findIndex((name) => !NAMESPACE.test(name));
    if (wrong !== -1) return new Violation(`entry ${wrong + 1} is not the name of a namespace`);
    return names.length > MOST_NAMESPACES ? new Violation('too many entries') : names;
  },
};

/** A Kubernetes cluster whose resources are shown beside the instances. Off unless it is asked for. */
export class KubernetesSettings {
  static readonly rules: readonly SettingRule[] = [
    ruleBetween(
      [KubernetesSettings, 'KUBERNETES_NAMESPACES'],
      [KubernetesSettings, 'KUBERNETES_EXCLUDE_NAMESPACES'],
      (included, excluded) =>
        included.length === 0 || excluded.length === 0
          ? null
          : {
              variable: 'KUBERNETES_EXCLUDE_NAMESPACES',
              problem: 'set although KUBERNETES_NAMESPACES names those that are wanted',
              accepted: 'one of the two',
            },
    ),
  ];

  @Setting({
    kind: trueOrFalse,
    group: 'Kubernetes',
    description: 'Whether the resources of a Kubernetes cluster are mirrored and shown.',
    default: 'false',
    example: 'true',
  })
  readonly KUBERNETES_SOURCE!: boolean;

  @Setting({
    kind: PATH,
    group: 'Kubernetes',
    description:
      'Path of the kubeconfig that leads to the cluster. Without one the service account of the pod is used.',
    default: null,
    example: '/etc/novita-fleet/kubeconfig',
  })
  readonly KUBECONFIG!: string | null;

  @Setting({
    kind: matching(/^[^\s\0]{1,253}$/, 'the name of a context, without blanks'),
    group: 'Kubernetes',
    description: "Context of the kubeconfig; the kubeconfig's current one when unset.",
    default: null,
    example: 'production',
  })
  readonly KUBERNETES_CONTEXT!: string | null;

  @Setting({
    kind: namespaces,
    group: 'Kubernetes',
    description: 'Namespaces that are mirrored, and no others; all when unset. Nodes are mirrored in any case.',
    default: null,
    example: 'ml,inference',
  })
  readonly KUBERNETES_NAMESPACES!: readonly string[];

  @Setting({
    kind: namespaces,
    group: 'Kubernetes',
    description: 'Namespaces that are left out.',
    default: null,
    example: 'kube-system',
  })
  readonly KUBERNETES_EXCLUDE_NAMESPACES!: readonly string[];

  @Setting({
    kind: wholeNumber(1, 100),
    group: 'Kubernetes',
    description:
      'A full list of a kind that lacks more than this percentage of what is stored of it (and at least 10), or is empty, is held: nothing is removed until a second list agrees or somebody forces it.',
    default: '30',
    example: '50',
  })
  readonly KUBERNETES_MAX_REMOVED_PERCENT!: number;

  @Setting({
    kind: duration('s', SECOND_MS, 10 * MINUTE_MS),
    group: 'Kubernetes',
    description:
      'How long the lock of the worker that follows the cluster outlives it when it dies; then another takes over.',
    default: '30s',
    example: '60s',
  })
  readonly KUBERNETES_LOCK_TTL!: number;

  @Setting({
    kind: trueOrFalse,
    group: 'Kubernetes',
    description:
      'Whether a kubeconfig may switch off that the apiserver proves who it is (insecure-skip-tls-verify). Whoever stands in between reads the token then.',
    default: 'false',
    example: 'true',
  })
  readonly KUBERNETES_ALLOW_INSECURE_TLS!: boolean;

  @Setting({
    kind: matching(/^[^\s\0]{1,253}$/, 'a host name or an address'),
    group: 'Kubernetes',
    description: 'Address of the apiserver as the kubelet puts it into every pod; used with the service account.',
    default: null,
    example: '10.96.0.1',
  })
  readonly KUBERNETES_SERVICE_HOST!: string | null;

  @Setting({
    kind: matching(/^\d{1,5}$/, 'a port'),
    group: 'Kubernetes',
    description: 'Port of it, from the kubelet too.',
    default: null,
    example: '443',
  })
  readonly KUBERNETES_SERVICE_PORT!: string | null;
}
