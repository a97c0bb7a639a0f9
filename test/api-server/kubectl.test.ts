import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readCrds } from '../../operator/local/crds.ts';
import { KubeApi } from '../fakes/kube-api.ts';
import { kubectl, testCluster } from '../fakes/kubectl.ts';
import { type Kind, table } from '../fakes/kubectl-table.ts';
import { useNamespace } from '../fakes/namespaces.ts';
import { gateway, policy, target } from '../fakes/resources.ts';
import { ClusterRun } from '../golden-runner/cluster-run.ts';

const root = join(import.meta.dirname, '../..');
const crds = join(root, 'crds');

interface OpenApiNode {
  description?: string;
  properties?: Record<string, OpenApiNode>;
  items?: OpenApiNode;
  additionalProperties?: OpenApiNode;
}

/** Fields that `kubectl explain` would show without a word, of our own part of a kind. */
function undescribed(node: OpenApiNode, path: string): string[] {
  const below = [
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
      undescribed(child, `${path}.${name}`),
    ),
    ...(node.items === undefined ? [] : undescribed(node.items, `${path}[]`)),
    ...(typeof node.additionalProperties === 'object'
      ? undescribed(node.additionalProperties, `${path}.*`)
      : []),
  ];
  return (node.description ?? '').trim() === '' ? [path, ...below] : below;
}

describe('kubectl', function () {
  this.timeout(60_000);
  const namespace = useNamespace('kubectl');
  let api: KubeApi;
  let run: ClusterRun;

  before(async () => {
    api = new KubeApi(testCluster().kubeconfig);
    run = new ClusterRun(api, [namespace.name]);
    const resources = [
      policy('guard'),
      policy('only-edge', { mode: 'Observe', gateways: ['edge'] }),
      policy('broken', {
        entries: [{ name: 'dlp', kind: 'DlpFilter', dlpFilter: { detectPatterns: ['(unclosed'] } }],
      }),
      target('mock', { models: [{ name: 'gpt-4o-mini' }, { name: 'echo' }] }),
      target('elsewhere', { provider: 'openai', models: [{ name: 'large' }] }),
      gateway('edge', { replicas: 2 }),
    ].map((object) => ({
      ...object,
      metadata: { ...(object['metadata'] as object), namespace: namespace.name },
    }));
    const text = resources.map((object) => stringify(object)).join('---\n');
    await run.go({ steps: [{ resources: text, foreign: null }] }, undefined);
  });
  after(async () => {
    await run.stop();
    api.close();
  });

  it('explains every field of every kind', async () => {
    const { components } = (await api.must(
      'GET',
      '/openapi/v3/apis/governance.keeptrusts.com/v1alpha1',
    )) as unknown as { components: { schemas: Record<string, OpenApiNode> } };
    const bare = readCrds(crds).flatMap(({ spec: { names } }) => {
      const schema = components.schemas[`com.keeptrusts.governance.v1alpha1.${names.kind}`]!;
      expect(schema.description).to.not.equal(undefined);
      const { spec, status } = schema.properties!;
      return [...undescribed(spec!, `${names.kind}.spec`), ...undescribed(status!, `${names.kind}.status`)];
    });
    expect(bare).to.deep.equal([]);
  });

  it('explains by short names, with choices and what is needed', async () => {
    // What kubectl knows of a server it keeps for hours, also what it saw while the CRDs were being applied; this looks
    // anew, and explain does not.
    await kubectl(['api-resources', '--api-group=governance.keeptrusts.com']);
    const entry = await kubectl(['explain', 'gpol.spec.entries']);
    expect(entry).to.include('One use of a policy kind.');
    expect(entry).to.match(/mode\t<string>\n\s*enum: Observe, Guide, Enforce\n/);
    expect(entry).to.match(/name\t<string> -required-\n\s*Name of the entry, unique within the policy\./);
    const all = await kubectl(['explain', 'ptgt', '--recursive']);
    expect(all).to.match(
      /credentialSecretRef\t<Object>\n\s+key\t<string> -required-\n\s+name\t<string> -required-\n/,
    );
    expect(await kubectl(['explain', 'ggw.status.address'])).to.include('Base URL under which applications');
  });

  it('shows how all objects are in one list', async () => {
    const shown = await kubectl(['get', 'governance', '-A']);
    const own = (kind: Kind): string[][] => table(shown, kind).filter(([where]) => where === namespace.name);
    expect(own('GovernanceGateway')).to.deep.equal([
      [
        namespace.name,
        'edge',
        '2',
        'True',
        'Programmed',
        '1',
        `http://keeptrusts-edge.${namespace.name}.svc:41002`,
      ],
    ]);
    expect(own('GovernancePolicy')).to.deep.equal([
      [namespace.name, 'broken', 'Enforce', '', 'False', 'Invalid'],
      [namespace.name, 'guard', 'Enforce', '', 'True', 'Programmed'],
      [namespace.name, 'only-edge', 'Observe', '["edge"]', 'True', 'Programmed'],
    ]);
    expect(own('ProviderTarget')).to.deep.equal([
      [namespace.name, 'elsewhere', 'openai', 'True', 'Programmed'],
      [namespace.name, 'mock', 'mock', 'True', 'Programmed'],
    ]);
  });

  it('waits for what is ready, and tells of what is not', async () => {
    await namespace.kubectl([
      'wait',
      '--for=condition=Ready',
      'gpol/guard',
      'ptgt/mock',
      'ggw/edge',
      '--timeout=5s',
    ]);
    await namespace.kubectl(['wait', '--for=condition=Accepted=False', 'gpol/broken', '--timeout=5s']);
    await namespace.kubectl(['wait', '--for=jsonpath={.status.readyReplicas}=2', 'ggw/edge', '--timeout=5s']);
    const error = await namespace
      .kubectl(['wait', '--for=condition=Ready', 'gpol/broken', '--timeout=1s'])
      .then(
        () => '',
        (failure: Error) => failure.message,
      );
    expect(error).to.include('timed out waiting');
  });

  it('describes an object with its conditions and what happened to it', async () => {
    await run.events();
    const described = await namespace.kubectl(['describe', 'gpol', 'broken']);
    expect(described).to.match(/Reason: +Invalid/);
    expect(described).to.match(
      /Warning +Invalid .*keeptrusts-operator +spec\.entries\[0\]\.dlpFilter\.detectPatterns\[0\]: E017/,
    );
  });

  it('finds every sample good, by server-side apply as well', async () => {
    for (const folder of globSync('config/samples/*', { cwd: root })) {
      const files = globSync(`${folder}/*.yaml`, { cwd: root }).flatMap((file) => ['-f', join(root, file)]);
      expect(files).to.not.be.empty;
      const common = ['--warnings-as-errors', 'apply', '--dry-run=server', '--validate=strict', ...files];
      expect(await namespace.kubectl(common)).to.include('created (server dry run)');
      expect(await namespace.kubectl([...common, '--server-side'])).to.include(
        'serverside-applied (server dry run)',
      );
    }
  });

  it('applies a sample a second time without a change', async () => {
    const apply = (): Promise<string> =>
      namespace.kubectl(['apply', '-f', join(root, 'config/samples/multi-provider')]);
    expect(
      (await apply()).split('\n').filter((line) => line !== '' && !line.endsWith('created')),
    ).to.deep.equal([]);
    expect(
      (await apply()).split('\n').filter((line) => line !== '' && !line.endsWith('unchanged')),
    ).to.deep.equal([]);
  });

  it('refuses a misspelt field and a bad value in the words of kt up', async () => {
    const said = (object: object): Promise<string> =>
      namespace.kubectl(['apply', '-f', '-'], object).then(
        () => '',
        (error: Error) => error.message,
      );
    expect(await said(target('bad', { baseUri: 'x' }))).to.include('unknown field "spec.baseUri"');
    expect(await said(policy('bad', { mode: 'Sometimes' }))).to.include(
      'spec.mode: Unsupported value: "Sometimes": supported values: "Observe", "Guide", "Enforce"',
    );
    expect(await said(target('bad', { baseUrl: 'http://llm.example.com' }))).to.include(
      'spec.baseUrl: Invalid value: baseUrl must begin with https://',
    );
  });
});
