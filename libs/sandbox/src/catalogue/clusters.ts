export interface Cluster {
  readonly id: string;
  /** The newer form of the id, which services send beside the older one. */
  readonly slug: string;
  readonly name: string;
  readonly supportNetworkStorage: boolean;
  readonly supportInstanceNetwork: boolean;
}

export const CLUSTERS: readonly Cluster[] = [
  { id: '1', slug: 'us-dallas-1', name: 'US-01 (Dallas)', supportNetworkStorage: true, supportInstanceNetwork: true },
  { id: '3', slug: 'eu-1', name: 'EU-01', supportNetworkStorage: true, supportInstanceNetwork: false },
  {
    id: '5',
    slug: 'us-ca-6',
    name: 'US-CA-06 (California)',
    supportNetworkStorage: true,
    supportInstanceNetwork: true,
  },
  { id: '7', slug: 'cn-hongkong-1', name: 'CN-HK-01', supportNetworkStorage: true, supportInstanceNetwork: true },
  {
    id: '9',
    slug: 'as-sgp-2',
    name: 'AS-SGP-02 (Singapore)',
    supportNetworkStorage: true,
    supportInstanceNetwork: false,
  },
  {
    id: '11',
    slug: 'eu-de-2',
    name: 'EU-DE-02 (Frankfurt)',
    supportNetworkStorage: true,
    supportInstanceNetwork: true,
  },
  { id: '13', slug: 'ap-jp-1', name: 'AP-JP-01 (Tokyo)', supportNetworkStorage: false, supportInstanceNetwork: false },
];

/** By either form of its id; undefined when there is none. */
export function findCluster(id: string): Cluster | undefined {
  return CLUSTERS.find((cluster) => cluster.id === id || cluster.slug === id);
}
