import type { PolicyConfig } from '../../gateway/contract/document.ts';
import { camelCase } from './mapping/names.ts';
import { kindNames, settingsPathToResource } from './mapping.ts';

/** Where in a GovernancePolicy the place of a document is that was compiled from it alone: entries have their order. */
export function policyPlace(path: string, config: PolicyConfig): string {
  return path.replace(
    /^policies\.chain\[(\d+)\](?:\.settings)?\.?(.*)$/,
    (_, index: string, rest: string) => {
      const { kind } = config.chain[Number(index)]!;
      const settings = rest === '' ? '' : `.${settingsPathToResource(kind, rest)}`;
      return `spec.entries[${index}].${kindNames(kind).member}${settings}`;
    },
  );
}

/** Where in a ProviderTarget the place of a document is that was compiled from it alone. */
export function targetPlace(path: string): string {
  const rest = path.replace(/^providers\.targets\[0\]\.?/, '');
  const named = rest.replace(/^secret_key_ref\b.*$/, 'credential_secret_ref');
  const steps = named.split('.').map((step) => {
    const [, name, index] = /^([a-z_]+)(\[\d+\])?$/.exec(step) ?? [];
    return name === undefined ? step : `${camelCase(name)}${index ?? ''}`;
  });
  return ['spec', ...steps].filter((step) => step !== '').join('.');
}

/** What is said of a target, with the names that its resource has. */
export function targetMessage(message: string): string {
  return message
    .replace(/`(providers\.targets\[0\][^`]*)`/g, (_, path: string) => `\`${targetPlace(path)}\``)
    .replaceAll('`secret_key_ref`', '`credentialSecretRef`')
    .replaceAll('`base_url`', '`baseUrl`');
}
