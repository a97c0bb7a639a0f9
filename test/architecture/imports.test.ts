import { expect } from 'chai';
import { type SourceFile, sources, tools } from './sources.ts';

const files = [...sources.values()];
const inside = (...folders: string[]): SourceFile[] =>
  files.filter((file) => folders.some((folder) => file.path.startsWith(`${folder}/`)));

/** Fails with one line for each import that breaks the rule. */
function expectImports(
  from: readonly SourceFile[],
  allowed: (target: string, file: SourceFile) => boolean,
): void {
  const broken = from.flatMap((file) =>
    file.local.filter((target) => !allowed(target, file)).map((target) => `${file.path} imports ${target}`),
  );
  expect(broken).to.deep.equal([]);
}

const KIND_CONTRACT = /^gateway\/policies\/[a-z-]+\/(schema\.json|lint\.ts)$/;
const startsWithAny = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path.startsWith(`${folder}/`));

describe('imports between folders', () => {
  it('finds the sources', () => {
    expect(inside('gateway').length).to.be.greaterThan(5);
    expect(inside('operator').length).to.be.greaterThan(0);
  });

  it('crds/types imports nothing of ours', () => {
    expectImports(inside('crds/types'), (target) => target.startsWith('crds/types/'));
  });

  it('the gateway imports only itself: neither the operator nor the CRDs nor the command line', () => {
    expectImports(inside('gateway'), (target) => target.startsWith('gateway/'));
  });

  it('gateway/contract imports only itself and the policy kinds’ schema and lint', () => {
    expectImports(
      inside('gateway/contract'),
      (target) => target.startsWith('gateway/contract/') || KIND_CONTRACT.test(target),
    );
  });

  it('a policy kind imports only itself, contract, detectors and the kind interface, never another kind', () => {
    const kinds = inside('gateway/policies').filter((file) => file.path.split('/').length > 3);
    expectImports(kinds, (target, file) => {
      const own = file.path.split('/').slice(0, 3);
      return (
        target === 'gateway/policies/kind.ts' ||
        startsWithAny(target, ['gateway/contract', 'gateway/detectors', own.join('/')])
      );
    });
  });

  it('the operator imports of the gateway only contract and each kind’s schema.json and lint.ts', () => {
    expectImports(
      inside('operator'),
      (target) =>
        startsWithAny(target, ['operator', 'crds', 'gateway/contract']) || KIND_CONTRACT.test(target),
    );
  });

  it('operator/runtime has no domain words: it imports only itself', () => {
    expectImports(inside('operator/runtime'), (target) => target.startsWith('operator/runtime/'));
  });

  it('operator/domain, render and status import no I/O: only each other, types of the CRDs, the contract, operator/runtime, node:crypto and node:zlib', () => {
    const pure = inside('operator/domain', 'operator/render', 'operator/status');
    expectImports(
      pure,
      (target) =>
        startsWithAny(target, [
          'operator/domain',
          'operator/render',
          'operator/status',
          'crds/types',
          'gateway/contract',
          'operator/runtime',
        ]) || KIND_CONTRACT.test(target),
    );
    const impure = pure.flatMap((file) =>
      file.packages
        .filter((name) => name.startsWith('node:') && !['node:crypto', 'node:zlib'].includes(name))
        .map((name) => `${file.path}: ${name}`),
    );
    expect(impure).to.deep.equal([]);
  });

  it('controllers import neither operator/local nor operator/kube', () => {
    expectImports(
      inside('operator/controllers'),
      (target) => !startsWithAny(target, ['operator/local', 'operator/kube']),
    );
  });

  it('hack/api-server imports only itself and the reader of arguments: what it starts knows nothing of what is tested', () => {
    const own = tools.filter((file) => file.path.startsWith('hack/api-server/'));
    expect(own.length).to.be.greaterThan(5);
    const shared = 'hack/arguments.ts';
    expectImports(own, (target) => target.startsWith('hack/api-server/') || target === shared);
  });

  it('nobody imports a main.ts', () => {
    expectImports([...files, ...tools], (target) => !target.endsWith('/main.ts'));
  });
});

describe('imports of packages', () => {
  const importers = (name: string): string[] =>
    files
      .filter((file) => file.packages.includes(name))
      .map((file) => file.path.split('/').slice(0, 2).join('/'));

  it('only operator/kube imports the Kubernetes client', () => {
    expect(importers('@kubernetes/client-node').filter((folder) => folder !== 'operator/kube')).to.deep.equal(
      [],
    );
  });

  it('in the operator only operator/kube imports an HTTP client', () => {
    const clients = importers('undici').filter((folder) => folder.startsWith('operator/'));
    expect(new Set(clients)).to.deep.equal(new Set(['operator/kube']));
  });

  it('only the telemetry folders import prom-client', () => {
    expect(importers('prom-client').filter((folder) => !folder.endsWith('/telemetry'))).to.deep.equal([]);
  });

  it('policies, pipeline, detectors and dialects import no HTTP server, no HTTP client and no logger', () => {
    const named = inside(
      'gateway/policies',
      'gateway/pipeline',
      'gateway/detectors',
      'gateway/dialects',
    ).flatMap((file) =>
      file.packages
        .filter((name) => ['express', 'undici', 'node:http', 'pino'].includes(name))
        .map((name) => `${file.path}: ${name}`),
    );
    expect(named).to.deep.equal([]);
  });
});

describe('words', () => {
  it('pipeline/ names no API', () => {
    const api = /\b(openai|anthropic|gemini|bedrock|chat|completions?|choices|messages\[)\b/i;
    const named = inside('gateway/pipeline').flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) => (api.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(named).to.deep.equal([]);
  });

  it('only main.ts and options.ts read the environment, exit or take signals', () => {
    const words = /process\.(env|exit\b|argv|on\(\s*'SIG)/;
    const named = files
      .filter((file) => !/\/(main|options)\.ts$/.test(file.path))
      .flatMap((file) =>
        file.text
          .split('\n')
          .flatMap((line, index) => (words.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
      );
    expect(named).to.deep.equal([]);
  });
});
