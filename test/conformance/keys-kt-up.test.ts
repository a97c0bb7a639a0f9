import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import OpenAI from 'openai';
import { isWellFormedKey } from '../../gateway/contract/key-format.ts';
import type { DecisionEvent } from '../../gateway/events/event.ts';
import { eventually } from '../fakes/folder.ts';
import { runKt } from '../fakes/io.ts';
import { KtUp, policyResource, targetResource } from '../fakes/kt-up.ts';
import { completion, FakeUpstream, json } from '../fakes/upstream.ts';

const MODEL = 'gpt-4o-mini';
const REPLICAS = 3;
/** Milliseconds that a revocation may take in every replica. */
const REVOKED_MS = 2_000;

interface Key {
  id: string;
  value: string;
}

describe('check 55: keys of the control plane against kt up, with three replicas', function () {
  this.timeout(120_000);
  let upstream: FakeUpstream;
  let up: KtUp;

  before(async () => {
    upstream = await FakeUpstream.start(json(200, completion('Hello!')));
    up = new KtUp();
    up.write('target.yaml', targetResource(upstream.url, { models: [{ name: MODEL }, { name: 'gpt-4o' }] }));
    up.write('policy.yaml', policyResource({ identity: { anonymousCallers: 'Denied' } }));
    up.write('gateway.yaml', {
      apiVersion: 'governance.keeptrusts.com/v1alpha1',
      kind: 'GovernanceGateway',
      metadata: { name: 'edge' },
      spec: { replicas: REPLICAS },
    });
    await up.start();
  });
  after(async () => {
    await up.remove();
    await upstream.close();
  });

  const run = (...args: string[]) => runKt(['keys', ...args, '--state-dir', up.stateDir]);
  async function create(...args: string[]): Promise<Key> {
    const { out, err, exitCode } = await run('create', ...args, '--format', 'json');
    expect(exitCode, err).to.equal(0);
    const { value, key } = JSON.parse(out);
    return { value, id: key.id };
  }

  /** One request over a connection of its own, so that any replica may get it. */
  function ask(key: string, model = MODEL): Promise<{ status: number; text: string }> {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] });
    return new Promise((resolve, reject) => {
      const call = request(
        `${up.url}/v1/chat/completions`,
        {
          method: 'POST',
          agent: false,
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        },
        (answer) => {
          let text = '';
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () => resolve({ status: answer.statusCode!, text }));
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }
  /** Waits until so many requests in a row, of which each replica gets some, are answered with this status. */
  async function everywhere(key: string, status: number): Promise<void> {
    let inRow = 0;
    await eventually(
      async () => {
        inRow = (await ask(key)).status === status ? inRow + 1 : 0;
        return inRow >= 12 * REPLICAS;
      },
      `status ${status} from every replica`,
      20_000,
    );
  }
  const clientOf = (apiKey: string): OpenAI => new OpenAI({ baseURL: `${up.url}/v1`, apiKey });
  const hello = (client: OpenAI, model = MODEL) =>
    client.chat.completions.create({ model, messages: [{ role: 'user', content: 'hi' }] });
  async function thrown(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => expect.fail('nothing was thrown'),
      (error: unknown) => error,
    );
  }
  /** Ids of the gateways' processes. */
  function processes(): string[] {
    return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(`--state-dir=${up.stateDir}/`))
      .map((line) => line.trim().split(/\s+/)[0]!)
      .sort();
  }
  function filesBelow(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  }

  it('a key is shown once, and works in the official package; its id is on the events', async () => {
    const { out } = await run('create', '--team', 'red', '--project', 'search', '--user', 'ann');
    const value = out.trimEnd();
    expect(isWellFormedKey(value)).to.equal(true);
    await everywhere(value, 200);
    expect((await hello(clientOf(value))).choices[0]?.message.content).to.equal('Hello!');
    expect(upstream.last.rawHeaders.join(' ')).to.not.contain('kt_gk_');
    const [, , id, secret] = value.split('_') as [string, string, string, string];
    await up.stored(1);
    const events = (await up.events<DecisionEvent & { instance: string }>()).filter(({ key }) => key === id);
    expect(events.length).to.be.greaterThan(0);
    expect(events.filter(({ team, project }) => team !== 'red' || project !== 'search')).to.deep.equal([]);
    // Nothing that is kept or said has the value: the store, the gateways' disks, logs, lists, events.
    const shown = `${(await run('list', '--format', 'json')).out}${JSON.stringify(events)}${up.output}`;
    expect(shown).to.contain(id).and.not.contain(secret);
    const files = filesBelow(up.stateDir);
    expect(files.filter((file) => file.endsWith('caller-keys'))).to.have.length(REPLICAS);
    for (const file of files) expect(readFileSync(file).includes(secret), file).to.equal(false);
  });

  it(`a revoked key is refused by every replica within ${REVOKED_MS} ms, without a restart`, async () => {
    const [key, other] = [await create(), await create()];
    await everywhere(key.value, 200);
    await everywhere(other.value, 200);
    const before = processes();
    expect(before).to.have.length(REPLICAS);
    // Requests go on at every replica; the last one that was let in tells how long the revocation took.
    let lastAllowed = 0;
    let revoked = false;
    let refusals = 0;
    const load = Array.from({ length: 6 }, async () => {
      while (refusals < 100) {
        const { status } = await ask(key.value);
        if (status === 200) lastAllowed = performance.now();
        else if (revoked) refusals += 1;
        else throw new Error(`status ${status} before the key was revoked`);
      }
    });
    const at = performance.now();
    revoked = true;
    expect((await run('revoke', key.id)).out).to.contain(key.id);
    await Promise.all(load);
    expect(lastAllowed - at).to.be.lessThan(REVOKED_MS);
    await everywhere(key.value, 401);
    const error = await thrown(hello(clientOf(key.value)));
    expect(error).to.be.instanceOf(OpenAI.AuthenticationError).and.include({ code: 'invalid_key' });
    expect((await ask(other.value)).status).to.equal(200);
    expect(processes()).to.deep.equal(before);
  });

  it('a key for one model cannot use another, nor see it', async () => {
    const { value } = await create('--models', MODEL);
    await everywhere(value, 200);
    const client = clientOf(value);
    expect((await hello(client)).choices).to.have.length(1);
    const asked = upstream.requests.length;
    const error = await thrown(hello(client, 'gpt-4o'));
    expect(error).to.be.instanceOf(OpenAI.PermissionDeniedError).and.include({ code: 'model_not_allowed' });
    expect(upstream.requests).to.have.length(asked);
    expect((await client.models.list()).data.map(({ id }) => id)).to.deep.equal([MODEL]);
  });

  it('a key of another gateway or namespace, and one that has expired, let nobody in', async () => {
    const mine = await create('--gateway', 'edge');
    const foreign = [await create('--gateway', 'other'), await create('--namespace', 'other')];
    const short = await fetch(`${up.apiUrl}/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${up.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        namespace: 'default',
        expires_at: new Date(Date.now() + 2_500).toISOString(),
      }),
    });
    const { value } = (await short.json()) as { value: string };
    await everywhere(mine.value, 200);
    for (const key of foreign) expect((await ask(key.value)).status).to.equal(401);
    await eventually(async () => (await ask(value)).text.includes('expired_key'), 'expiry');
    await everywhere(value, 401);
  });

  it('says of each instance how many keys it holds, and how old they are', async () => {
    const { instances } = (await up.api('/v1/instances')) as {
      instances: { keys: { count: number; age_seconds: number; unreadable: number } }[];
    };
    expect(instances).to.have.length(REPLICAS);
    for (const { keys } of instances) {
      expect(keys.count).to.be.greaterThan(0);
      expect(keys.age_seconds).to.be.lessThan(20);
      expect(keys.unreadable).to.equal(0);
    }
  });
});
