import { renameSync } from 'node:fs';
import { expect } from 'chai';
import type { RunningGateway } from '../../gateway/gateway.ts';
import { launchGateway } from '../../gateway/launch.ts';
import { createLogger } from '../../gateway/telemetry/logger.ts';
import { eventually, TestFolder } from '../fakes/folder.ts';
import { ask } from '../fakes/gateway.ts';

const RELOADS = 50;
const PER_SECOND = 200;

const document = (version: number): string => `
pack: { name: demo, version: 1.0.${version}, enabled: true }
providers: { targets: [{ id: mock, provider: mock, models: [{ name: echo }] }] }
policies: { chain: [pii-detector, dlp-filter] }
policy:
  pii-detector: { action: redact }
  dlp-filter: { blocked_terms: [Project Falcon ${version}], action: block }
`;

describe('reloads under load', function () {
  this.timeout(90_000);
  let folder: TestFolder;
  let gateway: RunningGateway;

  beforeEach(async () => {
    folder = new TestFolder();
    folder.write('config/policy-config.yaml', document(0));
    folder.write('token', 'secret-token');
    gateway = await launchGateway(
      {
        config: folder.file('config/policy-config.yaml'),
        upstream: null,
        traffic: { host: '127.0.0.1', port: 0 },
        admin: { host: '127.0.0.1', port: 0 },
        failMode: 'block',
        maxConcurrency: 1024,
        stateDir: folder.file('state'),
        secretsDir: null,
        adminTokenFile: folder.file('token'),
        controlPlaneTokenFile: null,
        namespace: 'default',
        name: 'local',
        instance: 'test',
        drainMs: 1_000,
        drainDelayMs: 0,
        reusePort: false,
      },
      {},
      createLogger({ gateway: 'local', instance: 'test' }, 'silent'),
    );
  });
  afterEach(async () => {
    await gateway.close();
    folder.remove();
  });

  it(`${PER_SECOND} requests a second during ${RELOADS} reloads: none fails, none is ungoverned`, async () => {
    const url = `http://127.0.0.1:${gateway.trafficPort}/v1/chat/completions`;
    const body = JSON.stringify(ask('my SSN is 123-45-6789', { model: 'echo' }));
    const outcomes: string[] = [];
    const pending: Promise<void>[] = [];
    const one = async (): Promise<void> => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const text = await answer.text();
      const governed = text.includes('my SSN is [SSN]') && !text.includes('123-45-6789');
      outcomes.push(`${answer.status} ${governed ? 'governed' : text}`);
    };
    const timer = setInterval(() => pending.push(one()), 1000 / PER_SECOND);
    for (let version = 1; version <= RELOADS; version += 1) {
      // As an editor does it: a new file is renamed over the old one.
      folder.write('config/next', document(version));
      renameSync(folder.file('config/next'), folder.file('config/policy-config.yaml'));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const headers = { authorization: 'Bearer secret-token' };
    let shown = '';
    const look = setInterval(async () => {
      shown = await (
        await fetch(`http://127.0.0.1:${gateway.adminPort}/keeptrusts/config`, { headers })
      ).text();
    }, 50);
    await eventually(() => shown.includes(`1.0.${RELOADS}`), 'the last document', 20_000);
    clearInterval(look);
    clearInterval(timer);
    await Promise.all(pending);
    expect([...new Set(outcomes)]).to.deep.equal(['200 governed']);
    expect(outcomes.length).to.be.greaterThan(500);
    const count = `http://127.0.0.1:${gateway.adminPort}/v1/events?count=true`;
    expect(await (await fetch(count, { headers })).json()).to.deep.equal({ count: outcomes.length });
  });
});
