import { setTimeout as pause } from 'node:timers/promises';
import type { KubernetesFace } from '@app/sandbox';

/** Four objects change at a time, each of which is followed, stored, told and read by several processes. */
const PAUSE_MS = 250;
/** Of objects that it makes and takes away again. */
const MOST_OF_ITS_OWN = 20;
const CHANGED = ['Pod', 'ConfigMap', 'Deployment'] as const;

export interface Written {
  readonly uid: string;
  readonly version: string;
}

interface Place {
  readonly namespace: string | null;
  readonly name: string;
}

/** Changes a cluster all the time: labels of what was there at first, and pods that come and go. */
export class ClusterWriter {
  /** What its writes made, in order; a deletion makes nothing that is kept. */
  readonly written: Written[] = [];
  private readonly places: Readonly<Record<(typeof CHANGED)[number], readonly Place[]>>;
  private isStopped = true;
  private running: Promise<void> = Promise.resolve();
  private round = 0;

  constructor(private readonly face: KubernetesFace) {
    // Once: all objects of a cluster are much to copy for one of them.
    this.places = {
      Pod: placesOf(face, 'Pod'),
      ConfigMap: placesOf(face, 'ConfigMap'),
      Deployment: placesOf(face, 'Deployment'),
    };
  }

  start(): void {
    if (!this.isStopped) return;
    this.isStopped = false;
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.change();
      await pause(PAUSE_MS);
    }
  }

  private change(): void {
    this.round += 1;
    for (const kind of CHANGED) {
      const places = this.places[kind];
      const place = places[(this.round * 7) % places.length];
      const object = place === undefined ? null : this.face.object(kind, place.namespace, place.name);
      if (object === null) continue;
      const labels = { ...object.metadata.labels, round: String(this.round) };
      this.note(this.face.apply(kind, { ...object, metadata: { ...object.metadata, labels } }));
    }
    const name = `passing-${this.round % MOST_OF_ITS_OWN}`;
    // A name that comes back at once belongs to another pod.
    this.face.remove('Pod', 'default', name);
    this.note(this.face.apply('Pod', { metadata: { name, namespace: 'default' }, status: { phase: 'Running' } }));
  }

  private note({ metadata }: { readonly metadata: Readonly<Record<string, unknown>> }): void {
    this.written.push({ uid: String(metadata['uid']), version: String(metadata['resourceVersion']) });
  }
}

function placesOf(face: KubernetesFace, kind: (typeof CHANGED)[number]): readonly Place[] {
  return face.all(kind).map(({ metadata: { namespace, name } }) => ({ namespace: namespace ?? null, name }));
}
