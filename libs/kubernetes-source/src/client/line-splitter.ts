import { ApiserverError } from './apiserver-error.js';

const NEWLINE = 0x0a;

/**
 * Cuts a stream of bytes into lines. Bytes are kept as they came until their line is complete, and each is copied once
 * at most, however small the pieces are; a character that is cut in two is whole again before it is decoded.
 */
export class LineSplitter {
  private readonly parts: Buffer[] = [];
  private size = 0;

  /** @param maxBytes of a line; far below the 512 MiB that a string can be */
  constructor(private readonly maxBytes: number) {}

  /** Whether the stream stands within a line, so that an end here is a break. */
  get isMidLine(): boolean {
    return this.size > 0;
  }

  /**
   * @returns the lines that are complete now, without blank ones
   * @throws ApiserverError for a line that is too long
   */
  push(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.grow(end - from);
      const line =
        this.parts.length === 0
          ? chunk.toString('utf8', from, end)
          : Buffer.concat([...this.parts, chunk.subarray(from, end)], this.size).toString('utf8');
      this.parts.length = 0;
      this.size = 0;
      from = end + 1;
      if (line.trim() !== '') lines.push(line);
    }
    if (from < chunk.length) {
      this.grow(chunk.length - from);
      this.parts.push(chunk.subarray(from));
    }
    return lines;
  }

  private grow(bytes: number): void {
    this.size += bytes;
    if (this.size > this.maxBytes) {
      throw new ApiserverError('malformed', `a line of the watch is longer than ${this.maxBytes} bytes`);
    }
  }
}
