import { setTimeout as pause } from 'node:timers/promises';
import type { KubernetesFace } from '@app/sandbox';

const PAUSE_MS = 60;
/** Of objects that it makes and takes away again. */
const MOST_OF_ITS_OWN = 20;

/** Changes a cluster all the time: labels of what is there, and pods that come and go. */
export class ClusterWriter {
  /** The versions that its writes made, in order; a deletion makes none that is kept. */
  readonly written: string[] = [];
  private isStopped = true;
  private running: Promise<void> = Promise.resolve();
  private round = 0;

  constructor(private readonly face: KubernetesFace) {}

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
    for (const kind of ['Pod', 'ConfigMap', 'Deployment'] as const) {
      const objects = this.face.all(kind);
      const object = objects[(this.round * 7) % objects.length];
      if (object === undefined) continue;
      const labels = { ...object.metadata.labels, round: String(this.round) };
      this.note(this.face.apply(kind, { ...object, metadata: { ...object.metadata, labels } }));
    }
    const name = `passing-${this.round % MOST_OF_ITS_OWN}`;
    // A name that comes back at once belongs to another pod.
    this.face.remove('Pod', 'default', name);
    this.note(this.face.apply('Pod', { metadata: { name, namespace: 'default' }, status: { phase: 'Running' } }));
  }

  private note({ metadata }: { readonly metadata: Readonly<Record<string, unknown>> }): void {
    this.written.push(String(metadata['resourceVersion']));
  }
}
