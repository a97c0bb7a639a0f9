import { expect } from 'chai';
import type { KeyPage } from '../../../gateway/contract/key-page.ts';
import { TOKEN_AUDIENCE } from '../../../operator/render/names.ts';
import { type ApiAnswer, ApiCaller } from '../../fakes/api-caller.ts';
import { accountToken, GATEWAY, idlePod } from '../../fakes/cluster-tokens.ts';
import { eventually } from '../../fakes/folder.ts';
import { runKt } from '../../fakes/io.ts';
import { kubectl } from '../../fakes/kubectl.ts';
import { useNamespace } from '../../fakes/namespaces.ts';
import { OperatorProcess } from '../../fakes/operator-process.ts';

const CHILD = 'keeptrusts-default';
const POD = `${CHILD}-5d9c-aaaaa`;

describe('a namespace that is deleted and made again', function () {
  this.timeout(180_000);
  const space = useNamespace('again');
  let operator: OperatorProcess;
  let api: ApiCaller;
  let address: string;
  before(async () => {
    operator = new OperatorProcess({ namespaces: [space.name] });
    address = await operator.apiUrl();
    api = new ApiCaller(address);
  });
  after(() => operator?.remove());

  /** Lets the operator make a gateway, and gives the token of its pod. */
  async function gateway(): Promise<string> {
    await space.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: GATEWAY });
    const accounts = (): Promise<string> => space.kubectl(['get', 'sa', '-o', 'name']);
    await eventually(async () => (await accounts()).includes(CHILD), 'the account', 30_000);
    await space.kubectl(['create', '-f', '-'], idlePod(POD, CHILD));
    return accountToken(space.name, CHILD, { audience: TOKEN_AUDIENCE, pod: POD });
  }
  /** What a gateway reads that begins now. */
  async function begin(token: string): Promise<string[]> {
    const held: string[] = [];
    for (let after = ''; ; ) {
      let answer: ApiAnswer | undefined;
      // The operator may not have seen the account yet, and then nobody is told anything.
      await eventually(
        async () => {
          answer = await api.get(`/v1/keys/changes${after}`, token);
          return answer.status === 200;
        },
        'a page of keys',
        20_000,
      );
      const { keys, cursor, more } = answer!.body as unknown as KeyPage;
      held.push(...keys.map(({ id }) => id));
      if (!more) return held;
      after = `?after=${cursor}`;
    }
  }
  async function kt(...args: string[]): Promise<unknown> {
    const ran = await runKt(
      ['keys', ...args, `--namespace=${space.name}`, '--format=json', `--api-url=${address}`],
      { env: { KEEPTRUSTS_API_TOKEN: operator.token } },
    );
    expect(ran.err.replace(/This is the only time.*\n/, ''), args.join(' ')).to.equal('');
    return JSON.parse(ran.out);
  }
  const create = async (): Promise<string> => ((await kt('create')) as { key: { id: string } }).key.id;
  const states = async (): Promise<string[][]> =>
    ((await kt('list')) as { id: string; state: string }[]).map(({ id, state }) => [id, state]);

  it('does not take over the keys of the earlier one', async () => {
    const old = await create();
    expect(await begin(await gateway())).to.deep.equal([old]);
    expect(await states()).to.deep.equal([[old, 'active']]);

    await kubectl(['delete', 'namespace', space.name, '--wait=true', '--timeout=100s']);
    expect(await states()).to.deep.equal([[old, 'namespace_deleted']]);
    const nowhere = await runKt(['keys', 'create', `--namespace=${space.name}`, `--api-url=${address}`], {
      env: { KEEPTRUSTS_API_TOKEN: operator.token },
    });
    expect(nowhere.err).to.contain(`the cluster has no namespace ${space.name}`);

    await kubectl(['create', 'namespace', space.name]);
    expect(await states()).to.deep.equal([[old, 'namespace_deleted']]);
    const token = await gateway();
    expect(await begin(token)).to.deep.equal([]);
    const made = await create();
    expect(await begin(token)).to.deep.equal([made]);
    expect(await states()).to.deep.equal([
      [made, 'active'],
      [old, 'namespace_deleted'],
    ]);
  });
});
