import { expect } from 'chai';
import {
  argumentsOf,
  environmentOf,
  overridden,
  type Placement,
} from '../../../../operator/local/node/arguments.ts';
import type { Container } from '../../../../operator/local/node/pod-template.ts';

const placement: Placement = {
  podName: 'web-1',
  namespace: 'team-a',
  mounts: new Map([
    ['/etc/app', '/state/volumes/config'],
    ['/etc/app/secrets', '/state/volumes/secrets'],
  ]),
  ports: new Map([[8080, 41002]]),
  host: '127.0.0.1',
};

function rewritten(...args: string[]): string[] {
  const container: Container = {
    name: 'web',
    image: 'web',
    args,
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'LEVEL', value: 'info' },
    ],
  };
  return argumentsOf(container, environmentOf(container, placement), placement);
}

describe('arguments on a machine', () => {
  it('rewrites mount paths, the longest first, alone and as the value of a flag', () => {
    expect(rewritten('--config=/etc/app/x.yaml', '/etc/app', '--secrets=/etc/app/secrets/k')).to.deep.equal([
      '--config=/state/volumes/config/x.yaml',
      '/state/volumes/config',
      '--secrets=/state/volumes/secrets/k',
    ]);
  });

  it('leaves paths alone that only begin like a mount', () => {
    expect(rewritten('--x=/etc/apple', '--y=see /etc/app')).to.deep.equal([
      '--x=/etc/apple',
      '--y=see /etc/app',
    ]);
  });

  it('binds declared ports to the node’s address and port, and no others', () => {
    expect(
      rewritten('--listen=0.0.0.0:8080', '--a=[::]:8080', '--b=:8080', '--c=0.0.0.0:9090'),
    ).to.deep.equal([
      '--listen=127.0.0.1:41002',
      '--a=127.0.0.1:41002',
      '--b=127.0.0.1:41002',
      '--c=0.0.0.0:9090',
    ]);
  });

  it('replaces variables of the specification and leaves unknown ones', () => {
    expect(rewritten('--instance=$(POD_NAME)', '--level=$(LEVEL)', '--home=$(HOME)')).to.deep.equal([
      '--instance=web-1',
      '--level=info',
      '--home=$(HOME)',
    ]);
  });

  it('takes the node’s flag in the place of the specification’s, so that each comes once', () => {
    expect(
      overridden(['--drain-seconds=60', '--name=a', 'file'], ['--reuse-port', '--drain-seconds=4']),
    ).to.deep.equal(['--name=a', 'file', '--reuse-port', '--drain-seconds=4']);
  });
});
