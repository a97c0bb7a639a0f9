import { timestamp } from '../runtime/clock.ts';
import type { EventSink } from '../runtime/events.ts';
import type { Manifest } from '../runtime/objects.ts';
import type { KubeClient } from './client.ts';

/** Who reports, as `kubectl describe` shows it. */
const COMPONENT = 'keeptrusts-operator';

/** Milliseconds for one event: others wait behind it, and none is worth more. */
const TIMEOUT_MS = 5000;

/**
 * Writes events as `v1` Events, which `kubectl describe` and `kubectl get events` show with their number and age. One
 * apply makes an event, tells that it came again, and makes it anew after the server has dropped it. `instance` names
 * this process.
 */
export function kubeEventSink(client: Pick<KubeClient, 'apply'>, instance: string): EventSink {
  return {
    async write({ name, subject, event, count, firstAt, lastAt }) {
      const { apiVersion, kind, metadata } = subject;
      const manifest: Manifest = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: metadata.namespace },
        involvedObject: {
          apiVersion,
          kind,
          name: metadata.name,
          namespace: metadata.namespace,
          uid: metadata.uid,
          resourceVersion: metadata.resourceVersion,
        },
        type: event.type,
        reason: event.reason,
        message: event.message,
        source: { component: COMPONENT },
        reportingComponent: COMPONENT,
        reportingInstance: instance,
        count,
        firstTimestamp: timestamp({ now: () => firstAt }),
        lastTimestamp: timestamp({ now: () => lastAt }),
      };
      await client.apply(manifest, { timeoutMs: TIMEOUT_MS });
    },
  };
}
