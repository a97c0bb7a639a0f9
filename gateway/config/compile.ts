import { setImmediate } from 'node:timers/promises';
import { configHash } from '../contract/config-hash.ts';
import { defaultProviders } from '../contract/defaults.ts';
import type { Entry, PolicyConfig, SecretRef, Target } from '../contract/document.ts';
import type { PatternLibrary } from '../detectors/patterns.ts';
import type { CompiledPolicy, CompileEnv, PatternScanner, PolicyKind } from '../policies/kind.ts';
import type { CompiledEntry, Plan, PlannedTarget } from './plan.ts';
import { indexRoutes } from './routes.ts';

export interface CompileParts {
  kinds: ReadonlyMap<string, PolicyKind>;
  patterns: PatternLibrary;
  secrets: {
    /** Reads what is not read yet. */
    prepare(refs: readonly SecretRef[]): Promise<void>;
    /** Why a credential cannot be had, in words; null where it can. */
    problem(ref: SecretRef): string | null;
  };
  /** Why the vendor of a target cannot be served here, in words; null where it can. */
  vendorProblem(target: Target): string | null;
}

/** The event loop is let go between two entries once it was held for so long (ms). */
const SLICE_MS = 5;

/**
 * Makes a plan of a config, off the request path: patterns are judged in a worker, and between entries the event loop
 * runs on. The plan is frozen where it is shared.
 *
 * @throws Error when an entry's kind is not there or refuses settings that its lint accepted
 */
export async function compilePlan(config: PolicyConfig, parts: CompileParts): Promise<Plan> {
  const { targets: stated } = config.providers ?? defaultProviders();
  await parts.secrets.prepare(stated.flatMap((target) => target.secret_key_ref ?? []));
  const targets = stated.map((target) => plannedTarget(target, parts));
  // A pack that is not enabled runs none of its entries; lint says so.
  const entries = config.pack.enabled ? await compileEntries(config.chain, parts) : [];
  const { number, hash } = config.revision ?? { number: null, hash: configHash(config) };
  return Object.freeze({ config, revision: { number, hash }, entries, targets, ...indexRoutes(targets) });
}

function plannedTarget(target: Target, { vendorProblem, secrets }: CompileParts): PlannedTarget {
  const vendor = vendorProblem(target);
  if (vendor !== null) return { target, unavailable: vendor, unavailableCode: 'vendor' };
  const credential = target.secret_key_ref === undefined ? null : secrets.problem(target.secret_key_ref);
  if (credential !== null) return { target, unavailable: credential, unavailableCode: 'credential' };
  return { target, unavailable: null };
}

/**
 * A kind says which patterns it needs by asking for them. So entries are compiled with stand-ins until none asks for
 * a pattern that was not judged; what came of a round with stand-ins, a fault too, is thrown away.
 */
async function compileEntries(chain: readonly Entry[], parts: CompileParts): Promise<CompiledEntry[]> {
  const judged = new Set<string>();
  for (;;) {
    const missing = new Set<string>();
    let stoodIn = false;
    const env: CompileEnv = {
      pattern: (source) => {
        if (judged.has(source)) return parts.patterns.scanner(source);
        missing.add(source);
        stoodIn = true;
        return STAND_IN;
      },
    };
    const entries = await eachEntry(chain, (entry) => {
      stoodIn = false;
      try {
        return compileEntry(entry, parts.kinds, env);
      } catch (error) {
        if (!stoodIn) throw error;
        return null;
      }
    });
    if (missing.size === 0) return entries.filter((entry) => entry !== null);
    await parts.patterns.prepare(missing);
    for (const source of missing) judged.add(source);
  }
}

const STAND_IN: PatternScanner = {
  maxMatchLength: 0,
  contextLength: 0,
  groupNames: {},
  next: (text) => text.length,
  scan: (text) => text.length,
};

async function eachEntry<T>(chain: readonly Entry[], work: (entry: Entry) => T): Promise<T[]> {
  const results: T[] = [];
  let since = performance.now();
  for (const entry of chain) {
    results.push(work(entry));
    if (performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    since = performance.now();
  }
  return results;
}

/** Without what it needs, an entry would not do what its policy says. */
const NOT_GIVEN = 'no gateway of this version gives it, so that the entry would not be enforced';

function compileEntry(entry: Entry, kinds: CompileParts['kinds'], env: CompileEnv): CompiledEntry {
  const kind = kinds.get(entry.kind);
  if (kind === undefined) throw new Error(`the policy kind ${entry.kind} of entry ${entry.id} is not there`);
  const { name, version, needs, streaming } = kind;
  // The settings have passed the kind's own schema and lint, which is where their type comes from.
  const policy: CompiledPolicy = kind.compile(entry.settings as never, env);
  if (needs[0] !== undefined) throw new Error(`the policy kind ${name} needs ${needs[0]}: ${NOT_GIVEN}`);
  return { entry, kind: { name, version, needs, streaming }, policy };
}
