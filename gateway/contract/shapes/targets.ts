import type { DocPath, PathMap } from '../doc-path.ts';
import { isPlain, type Plain } from '../plain.ts';
import type { Findings } from '../problem.ts';

/**
 * Brings the looser ways to write a target into the schema's one: both readings of a `secret_key_ref` below or beside
 * an empty `provider`, the vendor from the id, `vendor:kind:model`, `model`, `zdr`, models as plain names.
 */
export function convertTarget(value: unknown, path: DocPath, moves: PathMap, findings: Findings): unknown {
  if (!isPlain(value)) return value;
  const target: Plain = { ...value };
  liftSecretRef(target, path, moves);
  vendorFromId(target, path, moves);
  splitCompact(target, path, moves, findings);
  if ('model' in target) addModel(target, target['model'], [...path, 'model'], path, moves, findings);
  delete target['model'];
  if (Array.isArray(target['models'])) {
    target['models'] = target['models'].map((model: unknown, index) => {
      if (typeof model !== 'string') return model;
      moves.move([...path, 'models', index, 'name'], [...path, 'models', index]);
      return { name: model };
    });
  }
  expandZdr(target, path, moves, findings);
  refuseLiteralSecret(target, path, findings);
  return target;
}

/** `provider: {secret_key_ref: …}`: one of the two readings of a document whose indentation was lost. */
function liftSecretRef(target: Plain, path: DocPath, moves: PathMap): void {
  const nested = target['provider'];
  if (!isPlain(nested) || !('secret_key_ref' in nested) || 'secret_key_ref' in target) return;
  if (Object.keys(nested).length > 1) return;
  target['secret_key_ref'] = nested['secret_key_ref'];
  target['provider'] = null;
  moves.move([...path, 'secret_key_ref'], [...path, 'provider', 'secret_key_ref']);
}

function vendorFromId(target: Plain, path: DocPath, moves: PathMap): void {
  if (!('provider' in target) || target['provider'] !== null || typeof target['id'] !== 'string') return;
  target['provider'] = target['id'];
  moves.move([...path, 'provider'], [...path, 'id']);
}

/** `zdr` is short for a data policy of zero retention. */
function expandZdr(target: Plain, path: DocPath, moves: PathMap, findings: Findings): void {
  const policy = target['data_policy'] ?? {};
  if (typeof target['zdr'] !== 'boolean' || !isPlain(policy)) return;
  if ('zero_data_retention' in policy) {
    findings.add('E028', [...path, 'zdr'], '{path} says what `data_policy.zero_data_retention` says already');
  } else {
    moves.move([...path, 'data_policy', 'zero_data_retention'], [...path, 'zdr']);
    target['data_policy'] = { zero_data_retention: target['zdr'], ...policy };
  }
  delete target['zdr'];
}

/** `openai:chat:gpt-4o`: the model may itself hold colons. */
function splitCompact(target: Plain, path: DocPath, moves: PathMap, findings: Findings): void {
  const provider = target['provider'];
  if (typeof provider !== 'string' || !provider.includes(':')) return;
  const [vendor = '', , ...model] = provider.split(':');
  if (vendor === '' || model.join(':') === '') {
    findings.add(
      'E016',
      [...path, 'provider'],
      '{path} must be a vendor, or `vendor:kind:model` with all three parts',
    );
  }
  target['provider'] = vendor;
  if (model.length > 0) addModel(target, model.join(':'), [...path, 'provider'], path, moves, findings);
}

function addModel(
  target: Plain,
  name: unknown,
  from: DocPath,
  path: DocPath,
  moves: PathMap,
  findings: Findings,
): void {
  if (target['models'] !== undefined) {
    findings.add('E028', from, '{path} names a model although the target has a list of `models`');
    return;
  }
  target['models'] = [{ name }];
  moves.move([...path, 'models'], from);
  moves.move([...path, 'models', 0, 'name'], from);
}

function refuseLiteralSecret(target: Plain, path: DocPath, findings: Findings): void {
  for (const key of ['api_key', 'key', 'token', 'secret']) {
    if (!(key in target)) continue;
    findings.push({
      code: 'E023',
      path: [...path, key],
      message: `{path}: a secret never stands in a document; keep it in the environment or in a file and name it by \`secret_key_ref\``,
      suggestion: 'secret_key_ref: {env: NAME}',
      atKey: true,
    });
    delete target[key];
  }
}
