import { MemoryLog } from '@app/testing';

/**
 * Where applications of these tests log to: what Nest logs goes to where the first application of a process has sent it, at
 * its level, whatever the later ones say. So the files that look at it share a process, this log and the level `debug`.
 */
export const nestLog = new MemoryLog();
