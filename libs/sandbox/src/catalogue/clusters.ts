export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly supportNetworkStorage: boolean;
  readonly supportInstanceNetwork: boolean;
}

export const CLUSTERS: readonly Cluster[] = [
  { id: '1', name: 'US-01 (Dallas)', supportNetworkStorage: true, supportInstanceNetwork: true },
  { id: '3', name: 'EU-01', supportNetworkStorage: true, supportInstanceNetwork: false },
  { id: '5', name: 'US-CA-06 (California)', supportNetworkStorage: true, supportInstanceNetwork: true },
  { id: '7', name: 'CN-HK-01', supportNetworkStorage: true, supportInstanceNetwork: true },
  { id: '9', name: 'AS-SGP-02 (Singapore)', supportNetworkStorage: true, supportInstanceNetwork: false },
  { id: '11', name: 'EU-DE-02 (Frankfurt)', supportNetworkStorage: true, supportInstanceNetwork: true },
  { id: '13', name: 'AP-JP-01 (Tokyo)', supportNetworkStorage: false, supportInstanceNetwork: false },
];
