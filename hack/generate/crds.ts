import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { CustomResourceDefinition, StructuralSchema } from '../../crds/schema.ts';
import { camelCase, pascalCase } from '../../operator/domain/mapping/names.ts';
import { type KindFolder, readKinds } from './kinds.ts';
import { toMember } from './member.ts';
import { notice, type Output } from './output.ts';

/**
 * The CRDs of `crds/`: the hand-written files of `crds/src` with two keys replaced.
 *
 * - `x-include: NAME` becomes the node of `crds/src/includes/NAME.yaml`; keys beside it win.
 * - `x-union: policy-kinds` on an object adds the discriminator `kind`, one member for each policy kind and the
 *   rules that tie them together.
 */
export function buildCrds(root: string, kinds: readonly KindFolder[]): CustomResourceDefinition[] {
  const include = (name: string): unknown =>
    parse(readFileSync(join(root, 'crds/src/includes', `${name}.yaml`), 'utf8'));
  const expand = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(expand);
    if (node === null || typeof node !== 'object') return node;
    const { 'x-include': name, 'x-union': union, ...own } = node as Record<string, unknown>;
    const merged = name === undefined ? own : { ...(include(String(name)) as object), ...own };
    const expanded = Object.fromEntries(Object.entries(merged).map(([key, value]) => [key, expand(value)]));
    return union === undefined ? expanded : withUnion(expanded as StructuralSchema, kinds);
  };
  return globSync('crds/src/*.yaml', { cwd: root })
    .sort()
    .map((file) => expand(parse(readFileSync(join(root, file), 'utf8'))) as CustomResourceDefinition);
}

function withUnion(items: StructuralSchema, kinds: readonly KindFolder[]): StructuralSchema {
  const { name, ...others } = items.properties ?? {};
  const kind: StructuralSchema = {
    type: 'string',
    description: 'The policy kind. The member of the same name holds its settings.',
    enum: kinds.map((folder) => pascalCase(folder.name)),
  };
  const members = Object.fromEntries(
    kinds.map((folder) => [camelCase(folder.name), toMember(folder.schema, folder.name)]),
  );
  const rules = kinds.map((folder) => {
    const [member, value] = [camelCase(folder.name), pascalCase(folder.name)];
    return {
      rule: `has(self.${member}) == (self.kind == '${value}')`,
      message: `${member} must be set where kind is ${value}, and only there`,
      fieldPath: `.${member}`,
    };
  });
  return {
    ...items,
    'x-kubernetes-validations': rules,
    properties: { ...(name === undefined ? {} : { name }), kind, ...others, ...members },
  };
}

export function crdOutputs(root: string): Output[] {
  const crds = buildCrds(root, readKinds(root));
  const outputs = crds.map((crd) => ({
    path: `crds/${crd.spec.names.plural}.yaml`,
    text: `# ${notice('`crds/src` and the policy kinds')}\n${stringify(crd, { lineWidth: 110, aliasDuplicateObjects: false })}`,
  }));
  const resources = outputs.map((output) => basename(output.path));
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources };
  return [
    ...outputs,
    { path: 'crds/kustomization.yaml', text: `# ${notice('`crds/src`')}\n${stringify(kustomization)}` },
  ];
}
