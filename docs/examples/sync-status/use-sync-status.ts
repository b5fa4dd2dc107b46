import { useEffect, useState } from 'react';

export interface SyncStatus {
  status: 'not_started' | 'in_progress' | 'completed' | 'failed';
  step?: 'cleanup' | 'sync' | 'informer' | 'done';
  currentResource?: string;
  totalResources: number;
  syncedResources: number;
  startTime?: string;
  endTime?: string;
  /** Milliseconds. */
  duration?: number;
  error?: string;
  resourceStatus: {
    name: string;
    status: 'pending' | 'in_progress' | 'completed' | 'failed';
    count: number;
    total?: number;
    error?: string;
    note?: string;
  }[];
  estimatedRemainingSeconds?: number;
  held?: { since: string; reason: string; wouldRemove: number };
  retryCount?: number;
  nextRetry?: string;
  nextRun?: string;
  lastSuccess?: { runId: string; startTime: string; endTime: string };
  instancesAsOf?: string;
}

/**
 * The status of the sync, read again and again while the component is mounted: every second while a sync is under way,
 * every 15 seconds otherwise. `error` says why the latest read failed; `status` is then the last one known.
 */
export function useSyncStatus(baseUrl = ''): { status: SyncStatus | null; error: Error | null } {
  const [status, setStatus] = useState<SyncStatus | null>(null);
  const [error, setError] = useState<Error | null>(null);

  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function poll(): Promise<void> {
      let waitMs = 15_000;
      try {
        const response = await fetch(`${baseUrl}/api/v1/sync/status`, { signal: ending.signal });
        if (!response.ok) throw new Error(`the API answered ${response.status}`);
        const latest = (await response.json()) as SyncStatus;
        if (latest.status === 'in_progress' || latest.status === 'not_started') waitMs = 1_000;
        setStatus(latest);
        setError(null);
      } catch (cause) {
        if (ending.signal.aborted) return;
        setError(cause instanceof Error ? cause : new Error(String(cause)));
      }
      // Only now, so that a slow answer is never overtaken by the next question.
      if (!ending.signal.aborted) timer = setTimeout(() => void poll(), waitMs);
    }

    void poll();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [baseUrl]);

  return { status, error };
}
