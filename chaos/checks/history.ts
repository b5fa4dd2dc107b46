import type { InstanceRecord } from '@app/instance-store';

/** Of each instance so many lines are kept. */
const MOST_LINES = 300;

/** What happened to each instance, and what went wrong around it, to be printed beside a violation. */
export class Histories {
  private readonly ofInstance = new Map<string, string[]>();
  private readonly ofAll: string[] = [];

  note(id: string, line: string): void {
    const lines = this.ofInstance.get(id) ?? [];
    this.ofInstance.set(id, lines);
    add(lines, line);
  }

  noteForAll(line: string): void {
    add(this.ofAll, line);
  }

  /** In the order of time. @param detail of the violation, which names the instance by any of its names */
  about(detail: string, records: readonly InstanceRecord[]): readonly string[] {
    const named = records.find(
      ({ id, name, novitaInstanceId, marker }) =>
        detail.includes(id) ||
        (marker !== '' && detail.includes(marker)) ||
        (novitaInstanceId !== null && detail.includes(novitaInstanceId)) ||
        new RegExp(`\\b${name}\\b`).test(detail),
    );
    const own = named === undefined ? [] : (this.ofInstance.get(named.id) ?? []);
    return [...own, ...this.ofAll].sort();
  }
}

function add(lines: string[], line: string): void {
  lines.push(`${new Date().toISOString()} ${line}`);
  if (lines.length > 2 * MOST_LINES) lines.splice(0, MOST_LINES);
}
