/** What the shutdown needs of the running process; `process` itself fits. */
export interface ProcessHost {
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  on(event: 'uncaughtException', listener: (error: Error) => void): unknown;
  on(event: 'unhandledRejection', listener: (reason: unknown) => void): unknown;
  exit(code: number): void;
  getActiveResourcesInfo(): readonly string[];
}
