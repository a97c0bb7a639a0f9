import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject, ObjectRef } from '../runtime/objects.ts';
import { type Durability, removeFileDurable, writeFileDurable } from './files.ts';

/** How many resourceVersions are taken from the file at a time, so that not every change writes it. */
const VERSION_STRIDE = 1000;

/**
 * The objects as files, one each: `<dir>/<Kind>/<namespace>/<name>.json`. Every write is atomic, through a power
 * cut too. Files may hold
 * Secrets, so only their owner can read them.
 */
export class ObjectFiles {
  readonly #dir: string;
  #version: number;
  #reserved: number;

  constructor(dir: string) {
    this.#dir = dir;
    const file = this.#versionFile();
    this.#reserved = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) || 0 : 0;
    this.#version = this.#reserved;
  }

  /** A resourceVersion that was never given before, also before a restart. */
  nextVersion(): string {
    if (this.#version >= this.#reserved) {
      this.#reserved = this.#version + VERSION_STRIDE;
      writeFileDurable(this.#versionFile(), `${this.#reserved}\n`, 'change');
    }
    this.#version += 1;
    return String(this.#version);
  }

  /** `durability`: a status is written again anyway, an intent is not. */
  write(object: KubeObject, durability: Durability): void {
    const text = `${JSON.stringify(object, null, 1)}\n`;
    writeFileDurable(this.#path(object.kind, object.metadata), text, durability);
  }

  remove(ref: ObjectRef): void {
    removeFileDurable(this.#path(ref.kind, ref));
  }

  /**
   * Every stored object. A file that holds none (a hand or a disk spoilt it) is set aside as `.broken` and
   * reported, so that one file does not keep the operator from starting.
   */
  load(broken: (file: string, error: unknown) => void): KubeObject[] {
    if (!existsSync(this.#dir)) return [];
    const objects: KubeObject[] = [];
    for (const entry of readdirSync(this.#dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.json')) continue;
      const file = join(entry.parentPath, entry.name);
      try {
        objects.push(JSON.parse(readFileSync(file, 'utf8')));
      } catch (error) {
        renameSync(file, `${file}.broken`);
        broken(file, error);
      }
    }
    return objects;
  }

  #versionFile(): string {
    return join(this.#dir, 'resource-version');
  }

  #path(kind: string, { namespace, name }: { namespace: string; name: string }): string {
    return join(this.#dir, kind, namespace, `${name}.json`);
  }
}
