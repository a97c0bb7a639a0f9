import type { CompileParts } from './config/compile.ts';
import { compilePlan } from './config/compile.ts';
import type { Credentials } from './config/credentials.ts';
import { type ConfigLoader, createConfigLoader } from './config/loader.ts';
import { type ConfigReader, createConfigReader } from './config/reader.ts';
import type { PolicyConfig } from './contract/document.ts';
import type { PlanListener, PlanSource } from './plan-source.ts';
import type { Logger } from './telemetry/logger.ts';

export interface ConfigSourceOptions {
  /** File of the policy config. */
  path: string;
  credentials: Credentials;
  parts: Omit<CompileParts, 'secrets'>;
  /** Days for which the spool keeps events; see `LintSituation`. */
  spoolDays?: number | undefined;
  /** Changes each config before it is compiled, as the flag `--upstream` does. */
  amend?(config: PolicyConfig): PolicyConfig;
  logger: Logger;
}

/** Plans of one file: read in a worker, compiled off the request path, made again when file or credentials change. */
export class ConfigFileSource implements PlanSource {
  readonly #options: ConfigSourceOptions;
  readonly #reader: ConfigReader;
  #loader: ConfigLoader | null = null;

  constructor(options: ConfigSourceOptions) {
    this.#options = options;
    this.#reader = createConfigReader({
      file: options.path,
      spoolDays: options.spoolDays,
      learn: (classified) => options.parts.patterns.learn(classified),
    });
    this.#reader.prepare();
  }

  async start(listener: PlanListener): Promise<void> {
    const { path, credentials, parts, amend, logger } = this.#options;
    const loader = createConfigLoader({
      path,
      read: (text) => this.#reader.read(text),
      compile: (config) => compilePlan(amend?.(config) ?? config, { ...parts, secrets: credentials }),
      onPlan: (plan, text, warnings) => {
        for (const { code, path: at, line, message } of warnings) {
          logger.warn({ code, path: at, line }, message);
        }
        listener.accepted(plan, text, warnings);
      },
      onRejected: (rejected) => listener.rejected(rejected),
    });
    this.#loader = loader;
    // A target without its credential is unavailable: whether it is stands in the plan.
    credentials.onChange(() => void loader.recompile());
    await loader.start();
  }

  async close(): Promise<void> {
    this.#loader?.close();
    this.#options.credentials.close();
    await this.#reader.close();
  }
}

/** One config that never changes. */
export class FixedSource implements PlanSource {
  readonly #config: PolicyConfig;
  readonly #credentials: Credentials;
  readonly #parts: Omit<CompileParts, 'secrets'>;

  constructor(config: PolicyConfig, credentials: Credentials, parts: Omit<CompileParts, 'secrets'>) {
    this.#config = config;
    this.#credentials = credentials;
    this.#parts = parts;
  }

  async start(listener: PlanListener): Promise<void> {
    const plan = await compilePlan(this.#config, { ...this.#parts, secrets: this.#credentials });
    listener.accepted(plan, JSON.stringify(this.#config));
  }

  async close(): Promise<void> {
    this.#credentials.close();
  }
}
