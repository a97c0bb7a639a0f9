import type { GatewayKey } from '../contract/document.ts';
import { type KnownKey, knownKey } from './known-key.ts';

/** Keys by their hash, for requests, and by their id, for what is revoked. */
export class KeySet {
  readonly #byHash = new Map<string, KnownKey>();
  readonly #hashes = new Map<string, string>();

  constructor(keys: readonly GatewayKey[] = []) {
    for (const key of keys) this.put(key);
  }

  get size(): number {
    return this.#byHash.size;
  }

  find(sha256: string): KnownKey | undefined {
    return this.#byHash.get(sha256);
  }

  /** In the place of one of the same id. */
  put(key: GatewayKey): void {
    this.remove(key.id);
    this.#byHash.set(key.sha256, knownKey(key));
    this.#hashes.set(key.id, key.sha256);
  }

  remove(id: string): void {
    const sha256 = this.#hashes.get(id);
    if (sha256 === undefined) return;
    this.#hashes.delete(id);
    this.#byHash.delete(sha256);
  }

  list(): GatewayKey[] {
    return [...this.#byHash.values()].map(({ key }) => key);
  }
}
