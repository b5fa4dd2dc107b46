/**
 * What a promise comes to, or null as soon as the signal is aborted, whatever becomes of the promise then. Nothing is
 * left on the signal, so it may live as long as the process.
 */
export async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  if (signal.aborted) {
    work.catch(() => undefined);
    return null;
  }
  let abort: (() => void) | undefined;
  const aborted = new Promise<null>((resolve) => {
    abort = () => resolve(null);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

/** Comes back after that time, or as soon as the signal is aborted. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await untilAborted(over, signal);
  clearTimeout(timer);
}
