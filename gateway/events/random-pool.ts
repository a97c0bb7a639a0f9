/** Bytes that are asked for at once. */
const POOL_BYTES = 4096;

/**
 * Hands out random bytes of a pool, each once: a call of the system's generator costs some 2 µs, whatever it gives. For
 * ids only, since a pool stays in memory; a secret asks the generator itself.
 */
export function randomPool(random: (bytes: number) => Uint8Array): (bytes: number) => Uint8Array {
  let pool = new Uint8Array();
  let at = 0;
  return (bytes) => {
    if (bytes > POOL_BYTES) return random(bytes);
    if (at + bytes > pool.length) {
      pool = random(POOL_BYTES).slice();
      at = 0;
    }
    at += bytes;
    return pool.subarray(at - bytes, at);
  };
}
