import type { KubeObject } from './objects.ts';

/** What happened to an object, for people who look at it: a Kubernetes Event, or a line of the log. */
export interface ObjectEvent {
  type: 'Normal' | 'Warning';
  /** PascalCase, one word of a fixed set. */
  reason: string;
  /** One sentence. Never content of requests, never a secret. */
  message: string;
}

export type EventSubject = Pick<KubeObject, 'apiVersion' | 'kind'> & {
  metadata: Pick<KubeObject['metadata'], 'namespace' | 'name' | 'uid' | 'resourceVersion'>;
};

export interface EventRecorder {
  /** Neither waits nor throws: an event that cannot be written is counted, and whoever recorded it goes on. */
  record(subject: EventSubject, event: ObjectEvent): void;
}

/** Equal events of one object, told once with their number. */
export interface EventSeries {
  /** Name of the Event object. */
  name: string;
  subject: EventSubject;
  /** The last one. */
  event: ObjectEvent;
  count: number;
  /** Milliseconds since the epoch. */
  firstAt: number;
  lastAt: number;
}

/** Where events go. Writing a series again takes the place of what was written of it before. */
export interface EventSink {
  write(series: EventSeries): Promise<void>;
}
