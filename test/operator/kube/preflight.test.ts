import { expect } from 'chai';
import type { Kube } from '../../../operator/kube/config.ts';
import { checkAccess } from '../../../operator/kube/preflight.ts';
import { WATCHED } from '../../../operator/kube/resources.ts';

const server = 'https://127.0.0.1:6443';

/** Answers by path; everything else is an empty list. */
function cluster(
  answers: Record<string, { status: number; message?: string } | Error>,
): Pick<Kube, 'server' | 'send'> & { asked: string[] } {
  const asked: string[] = [];
  return {
    server,
    asked,
    async send({ path }) {
      asked.push(path);
      const found = Object.entries(answers).find(([part]) => path.includes(part))?.[1] ?? { status: 200 };
      if (found instanceof Error) throw found;
      const body = { text: async () => JSON.stringify({ kind: 'Status', message: found.message }) };
      return { statusCode: found.status, headers: {}, body } as unknown as Awaited<ReturnType<Kube['send']>>;
    },
  };
}

const failure = (
  kube: Pick<Kube, 'server' | 'send'>,
  namespaces: string[] | null = null,
  stop = new AbortController().signal,
): Promise<string> =>
  checkAccess(kube, WATCHED, namespaces, stop).then(
    () => '',
    (error: Error) => error.message,
  );

describe('what the operator needs of an API server', () => {
  it('is asked for once by kind, one object each, and in every namespace for one kind', async () => {
    const everywhere = cluster({});
    expect(await failure(everywhere)).to.equal('');
    expect(everywhere.asked).to.have.length(7);
    expect(everywhere.asked[0]).to.equal(
      '/apis/governance.keeptrusts.com/v1alpha1/governancepolicies?limit=1',
    );
    const two = cluster({});
    expect(await failure(two, ['a', 'b'])).to.equal('');
    expect(two.asked).to.have.length(8);
    expect(two.asked.slice(0, 2).join()).to.contain('/namespaces/a/').and.to.contain('/namespaces/b/');
  });

  it('is said with what to do: definitions that are not installed', async () => {
    expect(await failure(cluster({ providertargets: { status: 404 } }))).to.equal(
      "the cluster has no providertargets: install the resource definitions with 'kubectl apply -k crds', then start again.",
    );
  });

  it('is said with what to do: a right that is missing, in the server’s words', async () => {
    const message = 'configmaps is forbidden: User "x" cannot list resource "configmaps"';
    const kube = cluster({ configmaps: { status: 403, message } });
    expect(await failure(kube)).to.equal(
      `list configmaps: ${message}. Grant it with 'kubectl apply -k config/rbac', or name the namespaces that it may use with --namespaces.`,
    );
    expect(await failure(kube, ['a'])).to.equal(
      `list configmaps: ${message}. Grant it with 'kubectl apply -k config/rbac'.`,
    );
  });

  it('is said with what to do: credentials that are refused', async () => {
    expect(await failure(cluster({ '/': { status: 401 } }))).to.equal(
      `${server} refused the credentials of the kubeconfig. Renew them, or name another with --kubeconfig or --context.`,
    );
  });

  it('is said with what to do: a server that cannot be reached', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6443'), { code: 'ECONNREFUSED' });
    expect(await failure(cluster({ '/': refused }))).to.equal(
      `${server}: no answer from the API server: ECONNREFUSED. Start the cluster, or name another with --kubeconfig or --context.`,
    );
    const late = Object.assign(new Error('aborted'), { name: 'TimeoutError' });
    expect(await failure(cluster({ '/': late }))).to.contain('nothing within 15 s');
  });

  it('is said as the server says it where nobody could know more', async () => {
    expect(await failure(cluster({ services: { status: 500, message: 'etcd is away' } }))).to.equal(
      `${server}: list services: etcd is away`,
    );
  });

  it('is no longer asked for once the operator is to stop', async () => {
    const stop = new AbortController();
    const kube = cluster({});
    const hanging = {
      ...kube,
      send: ({ signal }: { signal: AbortSignal }) =>
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    };
    const asked = failure(hanging, null, stop.signal);
    stop.abort(new Error('enough'));
    expect(await asked).to.equal('enough');
  });
});
