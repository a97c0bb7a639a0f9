import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { AdminView } from './admin-view.ts';
import type { Clock } from './clock.ts';
import { hostGuard } from './contract/browser-guard.ts';
import type { ControlPlane, Target } from './contract/document.ts';
import { type ControlPlaneLink, linkControlPlane } from './control-plane.ts';
import { chat } from './dialects/chat/dialect.ts';
import { createEventIds } from './events/ids.ts';
import { randomPool } from './events/random-pool.ts';
import { openRevisions } from './events/revisions.ts';
import { openSpool, type Spool } from './events/spool.ts';
import { createTokens, fileTokenKeys } from './events/tokens.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { KeyFile } from './identity/key-file.ts';
import { CallerKeys } from './identity/key-store.ts';
import { logOpenness } from './openness-log.ts';
import type { LivePlan } from './pipeline/live-plan.ts';
import { Running } from './pipeline/running.ts';
import { PlanHolder } from './plan-holder.ts';
import type { PlanSource } from './plan-source.ts';
import { isQuotaExhausted } from './providers/quota.ts';
import { ProviderUpstream } from './providers/upstream.ts';
import { RefusedCredentials } from './refused-credentials.ts';
import { createAdminServer } from './server/admin.ts';
import { BodyRoom, bodyBytesOf } from './server/body-room.ts';
import { createListener, listen } from './server/listener.ts';
import { OpenSockets } from './server/open-sockets.ts';
import { Overload } from './server/overload.ts';
import { Refusals } from './server/refusals.ts';
import { trafficHandler } from './server/traffic.ts';
import { shutDown } from './shutdown.ts';
import { Status } from './status.ts';
import { logTargets } from './target-log.ts';
import { faultFields, type Logger } from './telemetry/logger.ts';
import { GatewayMetrics } from './telemetry/metrics.ts';
import { Slots } from './upstream/slots.ts';
import { TimerWheel } from './upstream/timer-wheel.ts';

export interface GatewayDeps {
  clock: Clock;
  logger: Logger;
  /** Where plans come from. */
  source: PlanSource;
  /** Value of a target's credential; null where it needs none. @throws Error when it cannot be read */
  credential(target: Target): string | null;
}

export interface RunningGateway {
  readonly trafficPort: number;
  readonly adminPort: number;
  /** Stops accepting, lets open answers finish for the grace of the options, ships what can be shipped, ends. */
  close(): Promise<void>;
}

/** The last events for a control plane that is no longer the one may be shipped for so long (ms). */
const SHIP_MS = 5_000;
/** Below this share of all places a late event loop is the machine's doing: refusing requests would not help it. */
const SHED_SHARE = 0.125;

/**
 * Starts one gateway. Without a plan it serves its probes, is unready and refuses traffic.
 * @throws SpoolLockedError when another gateway has the state folder; the system's error when a port is taken
 */
export async function startGateway(options: GatewayOptions, deps: GatewayDeps): Promise<RunningGateway> {
  let gateway: Gateway | null = null;
  const keys = options.controlPlaneKeys === true ? openKeys(options, deps, () => gateway?.report()) : null;
  const holder = new PlanHolder({ failMode: options.failMode, host: options.traffic.host, keys });
  await deps.source.start(holder);
  gateway = new Gateway(options, deps, holder, keys);
  try {
    await gateway.start();
  } catch (error) {
    await gateway.close();
    throw error;
  }
  return gateway;
}

/** The keys that an earlier process left, until the control plane is asked. */
function openKeys(options: GatewayOptions, { clock, logger }: GatewayDeps, onReady: () => void): CallerKeys {
  const { stateDir, namespace, name } = options;
  const file = new KeyFile(join(stateDir, 'caller-keys'), { namespace, gateway: name });
  return new CallerKeys({ file, clock, logger, random: Math.random, onReady });
}

class Gateway implements RunningGateway {
  trafficPort = 0;
  adminPort = 0;
  readonly #options: GatewayOptions;
  readonly #deps: GatewayDeps;
  readonly #holder: PlanHolder;
  readonly #keys: CallerKeys | null;
  readonly #spool: Spool;
  readonly #wheel: TimerWheel;
  readonly #slots: Slots;
  readonly #bodies = new BodyRoom(
    bodyBytesOf(Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem())),
  );
  readonly #overload = new Overload();
  readonly #upstream: ProviderUpstream;
  readonly #refusals: Refusals;
  readonly #metrics: GatewayMetrics;
  readonly #status: Status;
  readonly #traffic: Server;
  readonly #sockets: OpenSockets;
  readonly #admin: Server;
  #link: ControlPlaneLink | null = null;
  readonly #running = new Running();
  readonly #refusedCredentials = new RefusedCredentials(
    (target) => this.#holder.live?.plan.targets.some((one) => isStored(one.target, target)) === true,
    () => this.#link?.changed(),
  );
  #draining = false;
  #closed: Promise<void> | null = null;

  constructor(options: GatewayOptions, deps: GatewayDeps, holder: PlanHolder, keys: CallerKeys | null) {
    const { clock, logger } = deps;
    const random = (bytes: number): Uint8Array => randomBytes(bytes);
    const config = holder.live?.plan.config;
    this.#options = options;
    this.#deps = deps;
    this.#holder = holder;
    this.#keys = keys;
    const tokens = createTokens(fileTokenKeys({ dir: join(options.stateDir, 'keys'), random }));
    // A key that cannot be read is told at the start, not by every request.
    tokens.keyId(clock.now());
    this.#spool = openSpool({
      dir: join(options.stateDir, 'spool'),
      namespace: options.namespace,
      gateway: options.name,
      instance: options.instance,
      clock: clock.now,
      random,
      ...(options.spool === undefined ? {} : { limits: options.spool }),
      onFull: config?.limits.on_spool_full ?? 'block',
      delivered: config?.control_plane !== undefined,
      logger,
    });
    this.#wheel = new TimerWheel(clock.monotonic);
    this.#slots = new Slots(options.maxConcurrency, this.#wheel);
    this.#upstream = new ProviderUpstream({ clock, wheel: this.#wheel, credential: deps.credential });
    this.#status = new Status({
      options,
      holder,
      clock,
      spool: this.#spool,
      ...(keys !== null && { keys: () => keys.stats }),
      refused: (target) => this.#refusedCredentials.has(target),
      draining: () => this.#draining,
      backlog: () => this.#link?.stats.backlog ?? 0,
      requests: () => this.#metrics.total,
    });
    this.#metrics = new GatewayMetrics(() => holder.models, {
      inFlight: () => this.#slots.taken,
      waiting: () => this.#slots.waiting,
      eventLoopDelaySeconds: () => this.#overload.delaySeconds,
      ready: () => this.#status.ready,
      revision: () => holder.revision,
      spool: () => this.#spool.stats,
      backlog: () => this.#link?.stats.backlog ?? null,
      undelivered: () => (this.#link === null ? null : this.#link.stats.failure !== null),
      keys: () => keys?.stats ?? null,
    });
    const eventId = createEventIds({ clock: clock.now, random: randomPool(random) });
    this.#refusals = new Refusals({
      listener: 'traffic',
      clock,
      recorder: this.#spool,
      eventId,
      revision: () => holder.revision ?? { number: null, hash: '' },
      counted: (code) => this.#metrics.refused(code),
    });
    const handle = trafficHandler({
      dialects: [chat],
      live: () => (keys === null || keys.ready ? holder.live : null),
      unready: () => this.#status.unready,
      refusals: this.#refusals,
      clock,
      hosts: hostGuard(options.traffic.host),
      eventId,
      overloaded: () => this.#overload.shedding && this.#slots.taken >= options.maxConcurrency * SHED_SHARE,
      draining: () => this.#draining,
      bodies: this.#bodies,
      exchange: {
        clock,
        wheel: this.#wheel,
        recorder: this.#spool,
        tokens,
        upstream: this.#upstream,
        slots: this.#slots,
        running: this.#running,
        isQuotaExhausted,
        finished: (event) => {
          this.#metrics.finished(event);
          this.#refusedCredentials.finished(event);
        },
        fault: (where, thrown) => logger.error({ where, ...faultFields(thrown) }, 'something failed'),
      },
    });
    this.#traffic = createListener(handle, (status) => this.#refusals.count('invalid_request', status));
    this.#sockets = new OpenSockets(this.#traffic);
    const view = new AdminView({
      holder,
      spool: this.#spool,
      status: this.#status,
      metrics: this.#metrics,
      clock,
    });
    this.#admin = createAdminServer(
      view.parts(options.adminTokenFile, hostGuard(options.admin.host), (thrown) =>
        logger.error(faultFields(thrown), 'an admin request failed'),
      ),
    );
  }

  async start(): Promise<void> {
    const { traffic, admin, reusePort, stateDir } = this.#options;
    const { logger, clock } = this.#deps;
    const revisions = openRevisions(join(stateDir, 'revisions'));
    this.#holder.listen({
      swapped: (live, text) => {
        const { revision, entries } = live.plan;
        try {
          revisions.put(revision, text, clock.now());
          // Every event that is left was written since its segment began.
          revisions.prune(this.#spool.segments[0]?.begunMs ?? clock.now());
        } catch (error) {
          // A full disk must not keep a stricter policy from being in force.
          logger.error(
            { revision, ...faultFields(error) },
            'the policy config in force could not be archived',
          );
        }
        this.#apply(live);
        logOpenness(live.plan.config, traffic, logger);
        logTargets(live.plan, logger);
        logger.info({ revision, entries: entries.length }, 'policy config in force');
      },
      refused: ({ hash, problems }) => {
        this.#metrics.configRejected();
        this.#link?.changed();
        const kept = this.#holder.live === null ? 'no request is served' : 'the one before stays in force';
        logger.error({ hash, problems }, `policy config refused; ${kept}`);
      },
    });
    this.trafficPort = await listen(this.#traffic, { ...traffic, reusePort });
    this.adminPort = await listen(this.#admin, admin);
    logger.info(
      { traffic: `${traffic.host}:${this.trafficPort}`, admin: `${admin.host}:${this.adminPort}` },
      'listening',
    );
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #apply(live: LivePlan): void {
    const { limits, control_plane: plane } = live.plan.config;
    this.#spool.onFull = limits.on_spool_full;
    this.#spool.delivered = plane !== undefined;
    if (this.#link !== null && this.#link.url !== plane?.url) {
      void this.#link.close(SHIP_MS);
      this.#link = null;
    }
    if (plane === undefined) return;
    this.#link ??= linkControlPlane(this.#withToken(plane), {
      spool: this.#spool,
      deadDir: join(this.#options.stateDir, 'dead'),
      logger: this.#deps.logger,
      namespace: this.#options.namespace,
      gateway: this.#options.name,
      instance: this.#options.instance,
      keys: this.#keys,
      describe: () => this.#status.report(),
    });
    this.#link.changed();
  }

  /** Tells the control plane how it is with this instance. */
  report(): void {
    this.#link?.changed();
  }

  #withToken(plane: ControlPlane): ControlPlane {
    const file = plane.token_file ?? this.#options.controlPlaneTokenFile;
    return file === null ? plane : { ...plane, token_file: file };
  }

  async #close(): Promise<void> {
    this.#draining = true;
    this.#link?.changed();
    await shutDown(
      {
        traffic: this.#traffic,
        sockets: this.#sockets,
        admin: this.#admin,
        source: this.#deps.source,
        running: this.#running,
        refusals: this.#refusals,
        upstream: this.#upstream,
        link: () => this.#link,
        keys: this.#keys,
        overload: this.#overload,
        wheel: this.#wheel,
        spool: this.#spool,
      },
      this.#options,
    );
  }
}

/** Whether this is the target, and is sent a credential of ours. */
function isStored({ id, secret_key_ref, pass_through_credential }: Target, target: string): boolean {
  return id === target && secret_key_ref !== undefined && pass_through_credential !== true;
}
