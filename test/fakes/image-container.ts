import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface ImageConfig {
  User: string;
  Env: string[];
  Entrypoint: string[];
  WorkingDir: string;
}

/** Mounts what every container gets, makes the root read-only, and becomes the program, which keeps the process id 1. */
const INIT = `
set -e
root=$1 work=$2 user=$3 dir=$4
shift 4
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for device in null urandom; do : > "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mount --bind "$work" "$root/work"
mount -o remount,bind,ro "$root"
cd "$root$dir"
exec /usr/sbin/chroot --userspec="$user" "$root" "$@"
`;

/** An image unpacked from its archive, to run without a container engine, on Linux as root. */
export class UnpackedImage {
  readonly config: ImageConfig;
  /** What `tar -tvf` prints of each layer, from the lowest. */
  readonly listings: readonly string[];
  readonly #root: string;

  constructor(archive: string, root: string) {
    const member = (name: string): Buffer =>
      execFileSync('tar', ['-xOf', archive, name], { maxBuffer: 1 << 30 });
    const [manifest] = JSON.parse(member('manifest.json').toString());
    this.#root = root;
    this.config = JSON.parse(member(manifest.Config).toString()).config;
    for (const folder of ['proc', 'dev', 'work']) mkdirSync(join(root, folder), { recursive: true });
    this.listings = manifest.Layers.map((name: string) => {
      const layer = member(name);
      execFileSync('tar', ['-xpf', '-', '-C', root], { input: layer });
      return execFileSync('tar', ['--numeric-owner', '-tvf', '-'], {
        input: layer,
        maxBuffer: 1 << 26,
      }).toString();
    });
  }

  /** Paths of everything in the image, without folders. */
  files(): string[] {
    const lines = this.listings.flatMap((listing) => listing.trim().split('\n'));
    return lines.map((line) => line.split(/\s+/)[5] ?? '').filter((path) => !path.endsWith('/'));
  }

  /** Starts the image's program with these arguments. `work` becomes the one folder that it may write, `/work`. */
  run(work: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ImageProcess {
    const { User, Env, Entrypoint, WorkingDir } = this.config;
    const init = [INIT, 'init', this.#root, work, User, WorkingDir, ...Entrypoint, ...args];
    return new ImageProcess(
      spawn('unshare', ['--mount', '--pid', '--fork', '/bin/sh', '-c', ...init], {
        env: {
          ...Object.fromEntries(Env.map((line) => line.split(/=(.*)/s))),
          PATH: process.env['PATH'],
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }
}

/** A program that runs as process 1. */
export class ImageProcess {
  readonly exited: Promise<number | null>;
  output = '';
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  }

  /** Its id outside. */
  get pid(): number {
    const { pid } = this.#child;
    const inner = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
    // Zero would name the group of the tests.
    if (inner === 0) throw new Error(`the program has ended:\n${this.output}`);
    return inner;
  }

  /** What `/proc` says of it, such as `Uid`. */
  status(field: string): string {
    const text = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(text)?.[1] ?? '';
  }

  /** Waits until the address answers with this status. @throws after a minute, with what the program wrote */
  async answers(url: string, status = 200): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end && this.#child.exitCode === null; ) {
      const got = await fetch(url).then(
        (answer) => answer.status,
        () => 0,
      );
      if (got === status) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${url} did not answer ${status}:\n${this.output}`);
  }

  /** As the kubelet stops a container. The code is null where the program did not end by itself. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) process.kill(this.pid, 'SIGTERM');
    return this.exited;
  }

  async kill(): Promise<void> {
    // Not through unshare: a program that changes its user outlives its parent.
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(this.pid, 'SIGKILL');
    await this.exited;
  }
}
