import type { Instance, InstanceStatus } from '@novita-fleet/client';
import { type Column, dollars, duration } from './output.js';

/** How instances are shown, in tables and in sentences. */
const HOUR_MS = 3_600_000;
const MOVING: ReadonlySet<InstanceStatus> = new Set([
  'creating',
  'created',
  'starting',
  'running',
  'health_checking',
  'restarting',
  'migrating',
]);

const since = (at: string | undefined, now: number): string => (at === undefined ? '' : duration(now - Date.parse(at)));

function statusStyle({ status, billedNow }: Instance): 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | null {
  if (status === 'failed') return 'red';
  if (billedNow === 'though-stopped' || status === 'stopping' || status === 'deleting') return 'yellow';
  if (status === 'ready') return 'green';
  return MOVING.has(status) ? 'cyan' : 'dim';
}

/** USD until now: what is billed goes on costing after the moment that the answer speaks of. */
function costSoFar({ cost }: Instance, now: number): number | undefined {
  if (cost === undefined) return undefined;
  return cost.usd + (cost.usdPerHour * Math.max(0, now - Date.parse(cost.asOf))) / HOUR_MS;
}

/** From when on the cost is counted, where what it cost before is not known. */
function costText(instance: Instance, now: number): string {
  const { cost, createdAt } = instance;
  if (cost === undefined) return 'unknown';
  const counted = cost.countedFrom > createdAt ? `, counted from ${cost.countedFrom} on` : '';
  return `${dollars(costSoFar(instance, now))}${counted}`;
}

/** Of one that was made elsewhere and reports no use, nobody knows whether it is idle. */
function isUseUnknown({ origin, lastUsedAt, idleSince }: Instance): boolean {
  return idleSince !== undefined && origin === 'discovered' && lastUsedAt === undefined;
}

function idleText(instance: Instance, now: number): string {
  return isUseUnknown(instance) ? 'unknown' : since(instance.idleSince, now);
}

/** `(in 4 min)` of what auto-stop will do; nothing where it stops nothing. */
function stopsIn({ autoStopAt, status }: Instance, now: number): string {
  if (autoStopAt === undefined || status !== 'ready') return '';
  const ms = Date.parse(autoStopAt) - now;
  return ms <= 0 ? 'now' : duration(ms);
}

export type ColumnName =
  | 'id'
  | 'name'
  | 'status'
  | 'gpu'
  | 'region'
  | 'price'
  | 'cost'
  | 'idle'
  | 'stops'
  | 'uptime'
  | 'owner'
  | 'image'
  | 'billing'
  | 'origin'
  | 'created';

/** @param now epoch milliseconds */
export function instanceColumns(now: number): Readonly<Record<ColumnName, Column<Instance>>> {
  return {
    id: { title: 'ID', of: ({ id }) => id },
    name: { title: 'NAME', of: ({ name }) => name },
    status: { title: 'STATUS', of: ({ status }) => status, style: statusStyle },
    gpu: { title: 'GPU', of: ({ product, gpuNum }) => (gpuNum > 1 ? `${gpuNum} × ${product.name}` : product.name) },
    region: { title: 'REGION', of: ({ region }) => region ?? '' },
    price: { title: '$/H', of: ({ pricePerHour }) => dollars(pricePerHour), align: 'right' },
    cost: { title: 'COST', of: (instance) => dollars(costSoFar(instance, now)), align: 'right' },
    idle: { title: 'IDLE FOR', of: (instance) => idleText(instance, now), align: 'right' },
    stops: { title: 'STOPS IN', of: (instance) => stopsIn(instance, now), align: 'right' },
    uptime: {
      title: 'UP',
      of: ({ startedAt, stoppedAt }) => (stoppedAt === undefined ? since(startedAt, now) : ''),
      align: 'right',
    },
    owner: { title: 'OWNER', of: ({ owner }) => owner },
    image: { title: 'IMAGE', of: ({ image }) => image },
    billing: { title: 'BILLING', of: ({ billingMode }) => billingMode },
    origin: { title: 'ORIGIN', of: ({ origin }) => origin },
    created: { title: 'CREATED', of: ({ createdAt }) => createdAt },
  };
}

export const DEFAULT_COLUMNS: readonly ColumnName[] = [
  'id',
  'name',
  'status',
  'gpu',
  'region',
  'price',
  'cost',
  'stops',
];

const forHowLong = (at: string | undefined, now: number): string | undefined =>
  at === undefined ? undefined : `for ${since(at, now)}`;

/** An instance in lines, for one who reads. */
export function describe(instance: Instance, now: number): readonly (readonly [string, string])[] {
  const { connectionDetails: connection, lastError, lifetime } = instance;
  const wished = instance.desired === 'running' ? '' : `, to be ${instance.desired} by ${instance.desiredBy}`;
  const lines: (readonly [string, string | undefined])[] = [
    ['name', instance.name],
    ['id', instance.id],
    ['status', `${instance.status}${wished}`],
    ['GPU', `${instance.gpuNum} × ${instance.product.name}`],
    ['region', instance.region],
    ['image', instance.image],
    ['price', `${dollars(instance.pricePerHour)} an hour, ${instance.billingMode}`],
    ['cost so far', costText(instance, now)],
    ['billed', instance.billedNow === 'though-stopped' ? 'yes, though it is stopped' : undefined],
    ['owner', instance.owner],
    ['created', instance.createdAt],
    ['as of', instance.observedAt ?? 'never seen at Novita yet'],
    ['idle', isUseUnknown(instance) ? 'unknown: nobody reports its use' : forHowLong(instance.idleSince, now)],
    ['stops', instance.autoStopAt === undefined ? undefined : `at ${instance.autoStopAt} unless it is used`],
    ['ends', lifetime === undefined ? undefined : `at ${lifetime.endsAt}, whatever its use`],
    ...instance.portMappings.map(
      ({ port, type, endpoint }) => [`port ${port}/${type}`, endpoint ?? 'not open yet'] as const,
    ),
    ['ssh', connection.ssh?.command],
    ['Jupyter', connection.jupyter],
    ['last error', lastError === undefined ? undefined : `${lastError.message} (${lastError.code}, ${lastError.at})`],
    ['', lastError?.suggestion],
  ];
  return lines.filter((line): line is readonly [string, string] => line[1] !== undefined && line[1] !== '');
}
