import type { InstanceReport } from '../domain/instance-reports.ts';
import type { NudgeReason } from '../runtime/metrics.ts';
import type { GatewayPod } from './pods.ts';

/** What is known of one pod beside the pod itself. Times in monotonic milliseconds. */
export interface PodHistory {
  /** When it was first seen to run. */
  readonly seenAt: number;
  /** When it was last nudged; at first when it was seen. */
  readonly lastAt: number;
  /** What it was last nudged for again, and how often in a row. */
  readonly series: string;
  readonly repeats: number;
  /** What it was told last by this process: what we see of the pod may be older. */
  readonly told?: string;
}

export interface NudgeInput {
  pod: Pick<GatewayPod, 'told'>;
  /** What the ConfigMap holds, and when this process first saw it there. */
  wanted: { number: number; hash: string; seenAt: number };
  /** What the instance of the pod said last; undefined where it has said nothing. */
  report: Pick<InstanceReport, 'revision' | 'rejected' | 'targets'> | undefined;
  history: PodHistory;
  /** Whether every instance that runs has had the time to report. */
  listening: boolean;
  now: number;
}

export type Nudge =
  /** The pod has what it should: what it may lack later is another matter. */
  | { kind: 'settled' }
  /** Nothing more is done for the pod. */
  | { kind: 'none' }
  /** `told`: what the annotation says then. */
  | { kind: 'now'; reason: NudgeReason; told: string; history: PodHistory }
  | { kind: 'later'; afterMs: number };

/** Milliseconds for a gateway that starts to say which revision it has. */
const FIRST_WORD_MS = 3000;

/**
 * Milliseconds between nudges of a pod that says that it has another revision: its kubelet may have looked at the
 * ConfigMap just before that changed. After the last it is left to the kubelet, which looks by itself within two minutes.
 */
const AGAIN_MS: readonly number[] = [2000, 4000, 8000, 16_000, 32_000];

/**
 * The same for a pod whose gateway lacks a credential, or has one that a provider refuses: nobody tells us when the
 * Secret is there, or another one. For ten minutes.
 */
const CREDENTIAL_MS: readonly number[] = [2000, 4000, 8000, ...Array<number>(40).fill(15_000)];

const NONE: Nudge = { kind: 'none' };

/**
 * Whether a pod has to be told to look at its mounts. Its annotation says what it was told, its reports say what it has;
 * neither alone does. A pod that began with the present document is never written to.
 */
export function nextNudge(input: NudgeInput): Nudge {
  const { pod, wanted, report, history, listening, now } = input;
  const told = newer(readTold(pod.told), readTold(history.told));
  const wasTold = told?.revision === wanted.number;
  const nudge = (reason: NudgeReason, series = '', repeats = 0): Nudge => {
    const text = `${wanted.number}${wasTold ? `.${told.times + 1}` : ''}`;
    const { seenAt } = history;
    return { kind: 'now', reason, told: text, history: { seenAt, lastAt: now, series, repeats, told: text } };
  };
  const again = (reason: NudgeReason, pauses: readonly number[]): Nudge => {
    const series = `${reason} ${wanted.number}`;
    const repeats = history.series === series ? history.repeats : 0;
    const pause = pauses[repeats];
    if (pause === undefined) return NONE;
    const wait = history.lastAt + pause - now;
    return wait > 0 ? { kind: 'later', afterMs: wait } : nudge(reason, series, repeats + 1);
  };

  const hasIt = [report?.revision?.hash, report?.rejected?.hash].includes(wanted.hash);
  if (hasIt) return lacksCredential(report) ? again('credential', CREDENTIAL_MS) : { kind: 'settled' };
  // Where nothing is heard of a pod, telling it again and again would never end.
  if (wasTold) return report === undefined ? NONE : again('again', AGAIN_MS);
  if (report !== undefined || wanted.seenAt > history.seenAt) return nudge('revision');
  const wait = history.seenAt + FIRST_WORD_MS - now;
  if (wait > 0) return { kind: 'later', afterMs: wait };
  return listening ? nudge('revision') : { kind: 'later', afterMs: FIRST_WORD_MS };
}

interface Told {
  revision: number;
  /** How often it was told again. */
  times: number;
}

function newer(a: Told | null, b: Told | null): Told | null {
  if (a === null || b === null) return a ?? b;
  return (a.revision - b.revision || a.times - b.times) > 0 ? a : b;
}

/** Null for what is not ours. */
function readTold(text: string | undefined): Told | null {
  const [, revision, times = '0'] = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(text ?? '') ?? [];
  return revision === undefined ? null : { revision: Number(revision), times: Number(times) };
}

function lacksCredential(report: NudgeInput['report']): boolean {
  return report?.targets.some(({ code }) => code === 'credential' || code === 'credential_refused') === true;
}
