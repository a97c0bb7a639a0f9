/** Lines of Go that are kept for the case of a failure. */
const KEPT_LINES = 20;
const NETWORK =
  /dial tcp|no such host|i\/o timeout|connection refused|proxyconnect|TLS handshake|40[34] (Not Found|Forbidden)|5\d\d [A-Z]/;

/** What `go build -v` says on its standard error, told in few lines. Times are in milliseconds of one clock. */
export class Progress {
  readonly #name: string;
  readonly #since: number;
  readonly #other: string[] = [];
  #downloaded = 0;
  #compiled = 0;
  #latest = '';

  constructor(name: string, since: number) {
    this.#name = name;
    this.#since = since;
  }

  read(line: string): void {
    if (line.startsWith('go: downloading ')) {
      this.#downloaded += 1;
      this.#latest = line.slice('go: downloading '.length);
    } else if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) {
      this.#compiled += 1;
      this.#latest = line;
    } else {
      this.#other.push(line);
      if (this.#other.length > KEPT_LINES) this.#other.shift();
    }
  }

  line(now: number): string {
    const counts = [
      ...(this.#downloaded > 0 ? [`${this.#downloaded} modules downloaded`] : []),
      `${this.#compiled} packages compiled`,
    ];
    return `  ${this.#name}: ${duration(now - this.#since)}, ${counts.join(', ')}${this.#latest === '' ? '' : `, at ${this.#latest}`}`;
  }

  end(now: number): string {
    return `  ${this.#name}: built in ${duration(now - this.#since)}`;
  }

  /** Whether it failed for want of modules. */
  get wantsModules(): boolean {
    return NETWORK.test(this.#other.join('\n'));
  }

  /** What to tell when it failed. */
  failure(code: number | null): string {
    const hint = this.wantsModules
      ? `\nIts modules could not be downloaded. Where this machine has no way out, set GOPROXY to a proxy that it can reach.`
      : '';
    const said = this.#other.join('\n').trim();
    return `${this.#name} could not be built (go ended with ${code ?? 'a signal'}):\n${said}${hint}`;
  }
}

export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
