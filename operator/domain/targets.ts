import type { Target as DocumentTarget, TargetModel, Timeouts } from '../../gateway/contract/document.ts';
import type { Target } from './snapshot.ts';

type Spec = Target['spec'];

/** Where a gateway finds a credential below its folder of secrets. */
function credentialPath(ref: { name: string; key: string }): string {
  return `${ref.name}/${ref.key}`;
}

/** A ProviderTarget in the document's words. */
export function targetToDocument(target: Target): DocumentTarget {
  const { namespace, name, generation, spec } = target;
  return {
    id: name,
    provider: spec.provider,
    ...defined({
      base_url: spec.baseUrl,
      secret_key_ref:
        spec.credentialSecretRef === undefined
          ? undefined
          : { file: credentialPath(spec.credentialSecretRef) },
      models: spec.models?.map(modelToDocument),
      data_policy: spec.dataPolicy === undefined ? undefined : dataPolicyToDocument(spec.dataPolicy),
      timeouts: spec.timeouts === undefined ? undefined : timeoutsToDocument(spec.timeouts),
      rejects_stream_options: spec.rejectsStreamOptions ? true : undefined,
      max_concurrency: spec.limits?.maxConcurrency,
      mock: spec.mock === undefined ? undefined : mockToDocument(spec.mock),
    }),
    source: { namespace, name, generation },
  };
}

function modelToDocument(model: NonNullable<Spec['models']>[number]): TargetModel {
  const { prices } = model;
  return {
    name: model.name,
    ...defined({
      aliases: model.aliases,
      max_output_tokens: model.maxOutputTokens,
      prices:
        prices === undefined
          ? undefined
          : defined({
              input: prices.input,
              cached_input: prices.cachedInput,
              cache_write: prices.cacheWrite,
              output: prices.output,
              reasoning: prices.reasoning,
              audio_input: prices.audioInput,
              audio_output: prices.audioOutput,
            }),
    }),
  };
}

function dataPolicyToDocument(
  policy: NonNullable<Spec['dataPolicy']>,
): NonNullable<DocumentTarget['data_policy']> {
  return defined({
    zero_data_retention: policy.zeroDataRetention,
    training_opt_out: policy.trainingOptOut,
    retention_days: policy.retentionDays,
    region: policy.region,
  });
}

function timeoutsToDocument(timeouts: NonNullable<Spec['timeouts']>): Timeouts {
  return defined({
    connect_ms: timeouts.connectMs,
    queue_ms: timeouts.queueMs,
    first_token_ms: timeouts.firstTokenMs,
    idle_ms: timeouts.idleMs,
    total_ms: timeouts.totalMs,
  });
}

/** Every setting of the mock is a plain value, so that names alone convert. */
function mockToDocument(mock: NonNullable<Spec['mock']>): Record<string, unknown> {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const sorted = Object.entries(mock).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, value]) => [snake(name), value]));
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out the members that are undefined: in a document, absent is absent. */
function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
