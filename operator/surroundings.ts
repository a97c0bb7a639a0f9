import type { Access } from './api/access.ts';
import type { ResourceProblem } from './api/problems.ts';
import type { Instance } from './local/node/node.ts';
import type { EventSink } from './runtime/events.ts';
import type { Part, Phase } from './runtime/manager.ts';
import type { ObjectClient, PodAnnotator } from './runtime/objects.ts';
import type { OperatorMetrics } from './telemetry/metrics.ts';

/** What the common parts of the control plane give to those that differ. */
export interface Common {
  /** Base URL of the control-plane API. */
  apiUrl: string;
  /** The token that the gateway shows to the API. */
  gatewayToken(namespace: string, gateway: string): string;
  /** All processes of a gateway that was removed have ended. */
  forget(namespace: string, gateway: string): void;
  /** Names the store among all; `shared` says that other control planes may work with it. */
  store: { identity: string; shared: boolean };
  metrics: OperatorMetrics;
}

/**
 * What differs between a folder and a cluster: where the objects are, and what runs the gateways. Everything else in
 * the control plane cannot tell which it is.
 */
export interface Surroundings {
  readonly client: ObjectClient;
  /** Writes to the pods of gateways; null where there are none. */
  readonly pods: PodAnnotator | null;
  /** Who of a cluster calls the API, and what they may do; null where there is no cluster. */
  readonly access: Access | null;
  /** Where events about objects are written. */
  readonly events: EventSink;
  /** What has to be started, in this order within a phase. */
  readonly parts: readonly { phase: Phase; part: Part }[];
  /** Image of the gateways' Deployments. */
  readonly image: string;
  /** Whether Deployments are to be left alone by the cluster's own controllers. */
  readonly paused: boolean;
  /** Where the gateways reach the control-plane API. */
  readonly gatewaysReportTo: string;
  /** Address that gateways bind to: lint warns of what an open one asks for. */
  readonly listen: string;
  /** Who acts, where several control planes may work with the same objects; null where none other can. */
  readonly election: Election | null;
  /** Where gateways run: as processes of this machine, or as pods of the cluster. */
  readonly gateways: 'here' | 'pods';
  /** The processes that run on this machine. */
  instances(): Instance[];
  /** Base URL of a gateway for applications; null while it has none. */
  address(namespace: string, gateway: string): string | null;
  /** What is wrong with the place that the objects come from. */
  problems(): readonly ResourceProblem[];
  /** Where in a file an object stands that `message` is about; left out where objects are in no files. */
  place?(object: string, message: string): { file: string; line: number; column: number | null } | null;
  /** Why there is no object of ours at all, in words. */
  emptiness(): string;
}

export interface Election {
  /** Whether this process may stand by until its turn comes, or must act or fail. */
  readonly mayStandBy: boolean;
  /** Whether this process may write at this moment. */
  mayAct(): boolean;
  /** Calls back with its name each time when another is found to act. */
  onStandby(listener: (leader: string) => void): void;
}

/**
 * Looks whether the surroundings of one control plane can be used, before anything is opened, and gives what makes
 * them. Nothing runs before the parts are started; an abort of `stop` ends the look.
 *
 * @throws Error with a plain message, or the signal's reason
 */
export type SurroundingsMaker = (stop: AbortSignal) => Promise<(common: Common) => Surroundings>;
