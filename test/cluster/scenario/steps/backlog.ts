import type { Place } from '../place.ts';

const BACKLOG = /^keeptrusts_gateway_event_backlog(?:\{[^}]*\})? (\S+)$/m;

/**
 * Waits until nothing is on its way to the record any more: no pod of the gateway is about to end, and each that there is
 * has shipped what it holds, as it says itself.
 */
export async function allShipped(place: Place, namespace: string, withinMs: number): Promise<void> {
  const look = async (): Promise<boolean> => {
    const pods = await place.everyPod(namespace);
    const waiting = await Promise.all(
      pods.map(async ({ metadata: { name, deletionTimestamp } }) => {
        if (deletionTimestamp !== undefined) throw new Error(`${name} is about to end`);
        const path = `/api/v1/namespaces/${namespace}/pods/${name}:41003/proxy/metrics`;
        const { status, body } = await place.cluster.send('GET', path);
        const [, backlog] = BACKLOG.exec(body) ?? [];
        if (status !== 200 || backlog === undefined)
          throw new Error(`${name} tells of no backlog: ${status}`);
        return Number(backlog);
      }),
    );
    if (waiting.some((backlog) => backlog !== 0)) throw new Error(`${waiting.join(' + ')} events wait`);
    return true;
  };
  await place.until('every event is shipped', look, withinMs);
}
