import { expect } from 'chai';
import { kindSteps } from '../../../hack/kind/steps.ts';

const plan = {
  clusters: ['other'],
  kubeconfig: '/k',
  images: [
    { name: 'a:1', dockerfile: 'a/Dockerfile' },
    { name: 'b:1', dockerfile: 'b/Dockerfile' },
  ],
  archives: ['/out/c.tar', '/out/d.tar'],
  nodeImage: undefined,
};
const steps = (change: object): string[] => kindSteps({ ...plan, ...change }).map((step) => step.join(' '));

describe('the steps to a cluster in Docker', () => {
  it('make it, build each image and load all', () => {
    expect(steps({})).to.deep.equal([
      'kind create cluster --name keeptrusts --kubeconfig /k --wait 2m',
      'docker build --tag a:1 --file a/Dockerfile .',
      'docker build --tag b:1 --file b/Dockerfile .',
      'kind load docker-image a:1 b:1 --name keeptrusts',
      'kind load image-archive /out/c.tar --name keeptrusts',
      'kind load image-archive /out/d.tar --name keeptrusts',
    ]);
  });

  it('take the one that is there, load the images anew, and end the operator that has the old one', () => {
    const [first, ...rest] = steps({ clusters: ['other', 'keeptrusts'] });
    expect(first).to.equal('kind export kubeconfig --name keeptrusts --kubeconfig /k');
    expect(rest.slice(0, -1)).to.deep.equal(steps({}).slice(1));
    expect(rest.at(-1)).to.match(
      /^docker exec keeptrusts-control-plane kubectl .* delete pod --selector=app\.kubernetes\.io\/name=keeptrusts-operator$/,
    );
  });

  it('take another version of Kubernetes by the image of its node', () => {
    expect(steps({ nodeImage: 'kindest/node:v1.35.0' })[0]).to.match(/ --image kindest\/node:v1\.35\.0$/);
  });
});
