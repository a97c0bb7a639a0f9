import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import OpenAI from 'openai';
import { eventually } from '../fakes/folder.ts';
import { kt, root } from '../fakes/kt-process.ts';
import { KubeApi } from '../fakes/kube-api.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { useNamespace } from '../fakes/namespaces.ts';
import { OperatorProcess } from '../fakes/operator-process.ts';
import { completion, FakeUpstream, json } from '../fakes/upstream.ts';

const SSN = '536-90-4399';
const SAMPLE = join(root, 'config/samples/quickstart');
const CHILDREN = 'deployments,configmaps,services,serviceaccounts';

describe('gateways of a cluster on this machine', function () {
  this.timeout(120_000);
  const namespace = useNamespace('governed');
  let operator: OperatorProcess;
  let url: string;

  function start(over: { env?: Record<string, string> } = {}): OperatorProcess {
    const args = ['--local-gateways', '--gateway-port', '0'];
    const state = operator?.state;
    operator = new OperatorProcess({
      namespaces: [namespace.name],
      args,
      ...over,
      ...(state === undefined ? {} : { state }),
    });
    return operator;
  }
  const ask = (model: string, content: string) =>
    client().chat.completions.create({ model, messages: [{ role: 'user', content }] });
  const client = (): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
  const refusal = async (work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> => {
    try {
      await work;
    } catch (error) {
      if (error instanceof OpenAI.APIError) return error;
      throw error;
    }
    throw new Error('the request was answered');
  };
  const children = (): Promise<string> =>
    namespace.kubectl([
      'get',
      CHILDREN,
      '-l',
      'app.kubernetes.io/managed-by=keeptrusts-operator',
      '-o',
      'name',
    ]);
  const stored = async (count: number): Promise<{ id: string; verdict: string; seq: number }[]> => {
    let events: { id: string; verdict: string; seq: number }[] = [];
    await eventually(
      async () => {
        events = (await operator.api('/v1/events?limit=500'))['events'] as typeof events;
        return events.length >= count;
      },
      `${count} events`,
      15_000,
    );
    return events;
  };

  before(async () => {
    start();
    await operator.saw(
      /^Ready: no gateway yet \(there is no policy and no target in kt-governed-\w+\); API at/m,
    );
    await namespace.kubectl(['apply', '-f', join(SAMPLE, 'policy.yaml'), '-f', join(SAMPLE, 'target.yaml')]);
    await namespace.kubectl(['wait', '--for=condition=Ready', 'gpol,ptgt', '--all', '--timeout=60s']);
    [, url = ''] = await operator.saw(/^gateway \S+\/default is ready at (http\S+)$/m);
  });
  after(() => operator.remove());

  it('answer the official SDK: allowed, redacted and blocked', async () => {
    const allowed = await ask('gpt-4o-mini', 'Write a haiku about audits');
    expect(allowed.choices[0]!.message.content).to.be.a('string').and.not.equal('');
    const redacted = await ask('echo', `My SSN is ${SSN}`);
    expect(redacted.choices[0]!.message.content).to.contain('My SSN is [SSN]').and.not.contain(SSN);
    const blocked = await refusal(ask('gpt-4o-mini', 'Summarise Project Falcon'));
    expect(blocked).to.include({ status: 403, code: 'input_blocked' });
  });

  it('govern streams like answers', async () => {
    const streamed = async (model: string, content: string): Promise<string> => {
      const stream = await client().chat.completions.create({
        model,
        messages: [{ role: 'user', content }],
        stream: true,
      });
      let text = '';
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
      return text;
    };
    expect(await streamed('gpt-4o-mini', 'Write a haiku about audits')).to.not.equal('');
    expect(await streamed('echo', `My SSN is ${SSN}`))
      .to.contain('My SSN is [SSN]')
      .and.not.contain(SSN);
    expect(await refusal(streamed('gpt-4o-mini', 'Summarise Project Falcon'))).to.include({ status: 403 });
    const events = await stored(6);
    expect(events.map(({ verdict }) => verdict)).to.deep.equal([
      ...['block', 'redact', 'allow'],
      ...['block', 'redact', 'allow'],
    ]);
  });

  it('leave their Deployment to this machine: it is paused, and has no pods and no status of ours', async () => {
    const deployment = JSON.parse(
      await namespace.kubectl(['get', 'deployment', 'keeptrusts-default', '-o', 'json']),
    );
    expect(deployment.spec.paused).to.equal(true);
    expect(deployment.status ?? {}).to.not.have.property('readyReplicas');
  });

  it('are those of the operator alone: what others put beside them, or into them, is not run here', async () => {
    const ours = JSON.parse(
      await namespace.kubectl(['get', 'deployment', 'keeptrusts-default', '-o', 'json']),
    );
    const { labels } = ours.metadata;
    const args = ['--config=/nowhere', '--listen=0.0.0.0:41002'];
    const [container] = ours.spec.template.spec.containers;
    await namespace.kubectl(['create', '-f', '-'], {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'keeptrusts-foreign', labels },
      spec: {
        ...ours.spec,
        template: { ...ours.spec.template, spec: { containers: [{ ...container, args, volumeMounts: [] }] } },
      },
    });
    const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/args', value: args }];
    await namespace.kubectl([
      'patch',
      'deployment',
      'keeptrusts-default',
      '--type=json',
      '-p',
      JSON.stringify(patch),
    ]);
    await eventually(async () => {
      const now = await namespace.kubectl([
        'get',
        'deployment',
        'keeptrusts-default',
        '-o',
        'jsonpath={.spec.template.spec.containers[0].args}',
      ]);
      return !now.includes('/nowhere');
    }, 'the correction');
    expect((await ask('gpt-4o-mini', 'hello')).choices).to.have.length(1);
    expect(readdirSync(join(operator.state.path, '.keeptrusts/pods', namespace.name))).to.deep.equal([
      'keeptrusts-default',
    ]);
    expect(operator.err).to.not.contain('foreign');
    await namespace.kubectl(['delete', 'deployment', 'keeptrusts-foreign', '--ignore-not-found']);
  });

  it('are what kt finds in the state folder', async () => {
    const cwd = operator.state.path;
    const { out, code } = await kt(['events', 'list', '--since', '1h', '--format', 'json'], { cwd });
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.have.length.of.at.least(6);
    expect(out).to.not.contain(SSN);
    const doctor = await kt(['doctor'], { cwd });
    expect(doctor, doctor.out + doctor.err).to.have.property('code', 0);
    expect((await kt(['events', 'verify', '--allow-unanchored'], { cwd })).code).to.equal(0);
  });

  it('enforce an edit within two seconds, without a restart', async () => {
    const api = new KubeApi(testCluster().kubeconfig);
    const path = `/apis/governance.keeptrusts.com/v1alpha1/namespaces/${namespace.name}/governancepolicies/quickstart`;
    const times: number[] = [];
    for (const term of ['Project Osprey', 'Project Heron', 'Project Kestrel']) {
      expect((await ask('gpt-4o-mini', `about ${term}`)).choices).to.have.length(1);
      const patch = [{ op: 'add', path: '/spec/entries/2/dlpFilter/blockedTerms/-', value: term }];
      // Without kubectl, whose own start takes a while.
      const begin = performance.now();
      await api.must('PATCH', path, patch, 'application/json-patch+json');
      await eventually(
        () =>
          ask('gpt-4o-mini', `about ${term}`).then(
            () => false,
            (error) => error.status === 403,
          ),
        'the edit',
      );
      times.push(Math.round(performance.now() - begin));
    }
    api.close();
    for (const time of times) expect(time).to.be.below(2000);
  });

  it('keep an object that is invalid as it was, and say so in its status', async () => {
    // Only the operator can find this out: the schema cannot read patterns.
    const bad = [{ op: 'add', path: '/spec/entries/2/dlpFilter/detectPatterns', value: ['(unclosed'] }];
    await namespace.kubectl(['patch', 'gpol', 'quickstart', '--type=json', '-p', JSON.stringify(bad)]);
    await namespace.kubectl(['wait', '--for=condition=Accepted=False', 'gpol/quickstart', '--timeout=10s']);
    expect((await refusal(ask('gpt-4o-mini', 'about Project Heron'))).status).to.equal(403);
    await namespace.kubectl([
      'patch',
      'gpol',
      'quickstart',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/entries/2/dlpFilter/detectPatterns"}]',
    ]);
    await namespace.kubectl(['wait', '--for=condition=Ready', 'gpol/quickstart', '--timeout=10s']);
  });

  it('are back at the same address after a restart of the operator, with every event once', async () => {
    const before = await stored(6);
    expect(await operator.stop('SIGTERM')).to.equal(0);
    expect(
      await namespace.kubectl([
        'get',
        'lease',
        'keeptrusts-operator',
        '-o',
        'jsonpath={.spec.holderIdentity}',
      ]),
    ).to.equal('');
    start();
    const [, again] = await operator.saw(/^Ready: gateway \S+\/default at (http\S+?); API at/m);
    expect(again).to.equal(url);
    await ask('gpt-4o-mini', 'after the restart');
    const after = await stored(before.length + 1);
    expect(new Set(after.map(({ id }) => id)).size).to.equal(after.length);
    expect(after.slice(1).map(({ id }) => id)).to.deep.equal(before.map(({ id }) => id));
  });

  it('lose no event when the operator is killed under load', async () => {
    const before = (await stored(1)).length;
    let answered = 0;
    let stop = false;
    const load = Array.from({ length: 4 }, async () => {
      while (!stop) {
        await ask('gpt-4o-mini', 'under load').then(
          () => answered++,
          () => {},
        );
      }
    });
    await eventually(() => answered > 50, 'answers');
    operator.signal('SIGKILL');
    await operator.exited;
    stop = true;
    await Promise.all(load);
    start();
    await operator.saw(/^Ready: gateway/m);
    await ask('gpt-4o-mini', 'after the kill');
    let count = 0;
    await eventually(
      async () => {
        count = (await operator.api('/v1/events?count=true&verdict=allow'))['count'] as number;
        return count >= answered + 1;
      },
      'all events',
      15_000,
    );
    const cwd = operator.state.path;
    const verified = await kt(['events', 'verify', '--allow-unanchored'], { cwd });
    expect(verified, verified.out + verified.err).to.have.property('code', 0);
    expect(count).to.be.at.least(answered + 1);
    expect(before).to.be.above(0);
  });

  it('get credentials from variables, since the operator reads no Secrets', async () => {
    const upstream = await FakeUpstream.start(json(200, completion('from the vendor')));
    try {
      await namespace.kubectl(['apply', '-f', '-'], {
        apiVersion: 'governance.keeptrusts.com/v1alpha1',
        kind: 'ProviderTarget',
        metadata: { name: 'vendor' },
        spec: {
          provider: 'openai',
          baseUrl: upstream.url,
          credentialSecretRef: { name: 'vendor', key: 'api-key' },
          models: [{ name: 'vendor-model' }],
          dataPolicy: { zeroDataRetention: true, trainingOptOut: true, retentionDays: 0 },
        },
      });
      await operator.saw(
        /Secret \S+\/vendor has no key api-key: the operator reads no Secrets, so set KT_SECRET_VENDOR_API_KEY/,
      );
      await operator.stop();
      start({ env: { KT_SECRET_VENDOR_API_KEY: 'sk-of-the-vendor' } });
      await operator.saw(/^Ready: gateway/m);
      const answer = await ask('vendor-model', 'hello');
      expect(answer.choices[0]!.message.content).to.equal('from the vendor');
      expect(upstream.last.headers.authorization).to.equal('Bearer sk-of-the-vendor');
    } finally {
      await upstream.close();
    }
  });

  it('leave nothing behind when their policies and targets are deleted', async () => {
    expect((await children()).trim().split('\n')).to.have.length(4);
    await namespace.kubectl(['delete', 'gpol,ptgt', '--all']);
    await operator.saw(/^gateway \S+\/default stopped: it has no policy/m);
    await eventually(async () => (await children()) === '', 'the end of the children');
    await eventually(
      () =>
        fetch(`${url}/healthz`).then(
          () => false,
          () => true,
        ),
      'the end of the process',
    );
  });
});
