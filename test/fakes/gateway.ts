import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../gateway/clock.ts';
import type { CompiledEntry, Plan } from '../../gateway/config/plan.ts';
import type { PolicyConfig, Target } from '../../gateway/contract/document.ts';
import type { DecisionEvent } from '../../gateway/events/event.ts';
import { type RunningGateway, startGateway } from '../../gateway/gateway.ts';
import type { GatewayOptions } from '../../gateway/gateway-options.ts';
import { createLogger } from '../../gateway/telemetry/logger.ts';
import { eventually } from './folder.ts';
import { configOf, FakePlans, planOf } from './plan.ts';

const TOKEN = 'admin-token-of-a-test';

export interface TestGatewayOptions {
  targets?: Target[];
  config?: Partial<PolicyConfig>;
  entries?: readonly CompiledEntry[];
  /** Null: no plan until the test gives one. */
  plan?: Plan | null;
  options?: Partial<GatewayOptions>;
  credential?: (target: Target) => string | null;
  clock?: Clock;
}

/** A whole gateway on real sockets, with its own state folder. */
export class TestGateway {
  readonly plans: FakePlans;
  readonly running: RunningGateway;
  readonly stateDir: string;

  private constructor(plans: FakePlans, running: RunningGateway, stateDir: string) {
    this.plans = plans;
    this.running = running;
    this.stateDir = stateDir;
  }

  static async start(given: TestGatewayOptions = {}): Promise<TestGateway> {
    const stateDir = mkdtempSync(join(tmpdir(), 'kt-gateway-'));
    const adminTokenFile = join(stateDir, 'admin-token');
    writeFileSync(adminTokenFile, TOKEN);
    const plan =
      given.plan === undefined
        ? planOf(configOf(given.targets ?? [{ id: 'mock', provider: 'mock' }], given.config), given.entries)
        : given.plan;
    const plans = new FakePlans(plan);
    const options: GatewayOptions = {
      config: null,
      upstream: null,
      traffic: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      failMode: 'block',
      maxConcurrency: 1024,
      stateDir,
      secretsDir: null,
      adminTokenFile,
      controlPlaneTokenFile: null,
      namespace: 'default',
      name: 'local',
      instance: 'test-1',
      drainMs: 2_000,
      shipMs: 0,
      drainDelayMs: 0,
      reusePort: false,
      ...given.options,
    };
    const running = await startGateway(options, {
      clock: given.clock ?? systemClock,
      logger: createLogger({ gateway: 'local', instance: 'test-1' }, 'silent'),
      source: plans,
      credential: given.credential ?? (() => null),
    });
    return new TestGateway(plans, running, stateDir);
  }

  get url(): string {
    return `http://127.0.0.1:${this.running.trafficPort}`;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.running.adminPort}`;
  }

  /** A request in the form of the API. */
  chat(body: object | string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}/v1/chat/completions`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
      headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
    });
  }

  async admin(path: string): Promise<Response> {
    return fetch(this.adminUrl + path, { headers: { authorization: `Bearer ${TOKEN}` } });
  }

  /** All events so far, oldest first. */
  async events(): Promise<DecisionEvent[]> {
    const answer = await this.admin('/v1/events?limit=500');
    const body = (await answer.json()) as { events: DecisionEvent[] };
    return body.events.toReversed();
  }

  /** All events once there are so many, and a moment later, when one too many would be there too. @throws after 10 s */
  async settledEvents(count: number): Promise<DecisionEvent[]> {
    await eventually(async () => (await this.events()).length >= count, `${count} events`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return this.events();
  }

  async lastEvent(): Promise<DecisionEvent> {
    return (await this.events()).at(-1)!;
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.adminUrl}/metrics`)).text();
  }

  async close(): Promise<void> {
    await this.running.close();
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

/** The shortest request. */
export function ask(content: string, more: object = {}): object {
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content }], ...more };
}
