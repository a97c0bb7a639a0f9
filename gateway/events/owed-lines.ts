import type { Gap } from './control-events.ts';
import type { BeginRecord, DecisionEvent } from './event.ts';

/** What a spool writes down. */
export interface Line {
  readonly type: 'B' | 'E';
  readonly json: string;
  readonly id: string;
  /** Present on events of requests: what is counted when the line cannot be written. */
  event?: DecisionEvent;
  /** Present on gap records: what is counted again then. */
  gap?: Gap;
}

/** The line of a begin record, as the record is when the line is written: until then more may become known. */
export class BeginLine implements Line {
  readonly type = 'B';
  readonly id: string;
  readonly #record: BeginRecord;
  #json: string | null = null;

  constructor(record: BeginRecord) {
    this.id = record.id;
    this.#record = record;
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.#record);
    return this.#json;
  }
}

/** Most bytes of lines that wait in memory for room on the disk. */
const MAX_BYTES = 4 * 2 ** 20;

/** Lines that have to be written before all others as soon as there is room. */
export class OwedLines {
  #lines: Line[] = [];
  #bytes = 0;

  /** @returns false when there is no room in memory either */
  add(line: Line): boolean {
    if (this.#bytes + line.json.length > MAX_BYTES) return false;
    this.#lines.push(line);
    this.#bytes += line.json.length;
    return true;
  }

  /** Takes a line back, for a better one of the same event. */
  remove(id: string): void {
    const at = this.#lines.findIndex((line) => line.id === id);
    if (at < 0) return;
    this.#bytes -= this.#lines[at]!.json.length;
    this.#lines.splice(at, 1);
  }

  /** These lines and then the others. */
  before(lines: readonly Line[]): readonly Line[] {
    return this.#lines.length === 0 ? lines : [...this.#lines, ...lines];
  }

  clear(): void {
    if (this.#lines.length === 0) return;
    this.#lines = [];
    this.#bytes = 0;
  }
}
