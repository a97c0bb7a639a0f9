import { Pool } from 'undici';

export interface Load {
  requests: number;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  failed: number;
}

/** How long to go on: until the time is over or so many requests were sent, whichever comes first. */
export interface Until {
  seconds: number;
  requests?: number;
}

/** Keeps `connections` requests under way, each a POST of `body`, and reads every answer to its end. */
export async function load(
  origin: string,
  body: Buffer,
  connections: number,
  { seconds, requests = Number.POSITIVE_INFINITY }: Until,
): Promise<Load> {
  const pool = new Pool(origin, { connections, allowH2: false });
  const times: number[] = [];
  let failed = 0;
  let sent = 0;
  const began = performance.now();
  const end = began + seconds * 1000;
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const from = performance.now();
      let status = 0;
      pool.dispatch(
        { path: '/v1/chat/completions', method: 'POST', headers: ['content-type', 'application/json'], body },
        {
          onRequestStart() {},
          onResponseStart(_controller, code) {
            status = code;
          },
          onResponseData() {},
          onResponseEnd() {
            if (status !== 200) failed += 1;
            times.push(performance.now() - from);
            resolve();
          },
          onResponseError() {
            failed += 1;
            resolve();
          },
        },
      );
    });
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < end && sent++ < requests) await one();
    }),
  );
  const elapsed = (performance.now() - began) / 1000;
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { requests: times.length, seconds: elapsed, p50: at(0.5), p99: at(0.99), failed };
}
