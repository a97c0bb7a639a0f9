import type { CompiledEntry, ModelRoute, Plan, PlannedTarget } from '../../gateway/config/plan.ts';
import { DEFAULT_FALLBACK, DEFAULT_LIMITS } from '../../gateway/contract/defaults.ts';
import type { Entry, PolicyConfig, Target } from '../../gateway/contract/document.ts';
import type { PlanListener, PlanSource } from '../../gateway/plan-source.ts';
import type { CompiledPolicy, LeafFacts, TextFinding, TextHook } from '../../gateway/policies/kind.ts';

/** A config with defaults, for tests that need no document. */
export function configOf(targets: Target[], more: Partial<PolicyConfig> = {}): PolicyConfig {
  return {
    contract: 1,
    pack: { name: 'test', version: '1.0.0', enabled: true },
    gateway: { namespace: 'default', name: 'local' },
    providers: {
      targets,
      routing: { strategy: 'ordered' },
      fallback: { ...DEFAULT_FALLBACK, triggers: [...DEFAULT_FALLBACK.triggers] },
    },
    chain: [],
    unchained: [],
    limits: { ...DEFAULT_LIMITS, timeouts: {} },
    ...more,
  };
}

/** An entry whose hooks a test writes itself. */
export function entryOf(policy: CompiledPolicy, more: Partial<Entry> = {}): CompiledEntry {
  const entry: Entry = {
    id: 'test-entry',
    kind: 'test-kind',
    mode: 'enforce',
    settings: {},
    source: { level: 'document', index: 0 },
    ...more,
  };
  return { entry, kind: { name: entry.kind, version: '1', needs: [], streaming: 'windowed' }, policy };
}

/** A hook that finds a fixed term, whole or cut. */
export function termHook(
  term: string,
  action: TextHook['action'],
  options: { phase?: LeafFacts['phase']; replacement?: string; type?: string } = {},
): TextHook {
  return {
    action,
    form: 'windowed',
    appliesTo: (leaf) => options.phase === undefined || leaf.phase === options.phase,
    scanner: {
      maxMatchLength: term.length,
      contextLength: 0,
      scan(text, from, final, emit) {
        let at = from;
        for (;;) {
          const start = text.indexOf(term, at);
          if (start < 0) break;
          at = start + term.length;
          const finding: TextFinding = { type: options.type ?? 'term', start, end: at };
          if (options.replacement !== undefined) finding.replacement = options.replacement;
          emit(finding);
        }
        return final ? text.length : holdOf(text, at, term);
      },
    },
  };
}

/** Where the term could still begin. */
function holdOf(text: string, from: number, term: string): number {
  for (let at = Math.max(from, text.length - term.length + 1); at < text.length; at += 1) {
    if (term.startsWith(text.slice(at))) return at;
  }
  return text.length;
}

/** Compiles a config without its loader. */
export function planOf(config: PolicyConfig, entries: readonly CompiledEntry[] = []): Plan {
  const targets: PlannedTarget[] = (config.providers?.targets ?? []).map((target) => ({
    target,
    unavailable: null,
  }));
  const listed = new Set(
    targets.flatMap(({ target }) => (target.models ?? []).flatMap((m) => [m.name, ...(m.aliases ?? [])])),
  );
  return {
    config,
    revision: { number: null, hash: 'sha256:0123456789abcdef' },
    entries,
    targets,
    routes: (name) =>
      targets.flatMap((target): ModelRoute[] => {
        const models = target.target.models ?? [];
        if (models.length === 0)
          return listed.has(name) ? [] : [{ target, model: null, upstreamModel: name }];
        const model = models.find((one) => one.name === name || one.aliases?.includes(name));
        return model === undefined ? [] : [{ target, model, upstreamModel: model.name }];
      }),
    models: targets.flatMap(({ target }) =>
      (target.models ?? []).map(({ name }) => ({ id: name, owned_by: target.provider })),
    ),
  };
}

/** Gives plans when a test says so. */
export class FakePlans implements PlanSource {
  #listener: PlanListener | null = null;
  readonly #first: Plan | null;

  constructor(first: Plan | null) {
    this.#first = first;
  }

  async start(listener: PlanListener): Promise<void> {
    this.#listener = listener;
    if (this.#first !== null) this.swap(this.#first);
  }

  swap(plan: Plan): void {
    this.#listener!.accepted(plan, '{}');
  }

  reject(hash: string): void {
    this.#listener!.rejected({ hash, problems: [{ code: 'E001', path: '', message: 'bad' }] });
  }

  /** Nothing is taken from now on. */
  async close(): Promise<void> {
    this.#listener = null;
  }
}
