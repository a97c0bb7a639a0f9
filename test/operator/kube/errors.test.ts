import { expect } from 'chai';
import { type KubeError, noAnswer, refusal } from '../../../operator/kube/errors.ts';
import { status } from '../../fakes/scripted-server.ts';

const refused = (code: number, body: object | string): KubeError =>
  refusal(code, typeof body === 'string' ? body : JSON.stringify(body), 'apply ConfigMap/team-a/x');

describe('a refusal of the API server', () => {
  const reasons: [number, string, string][] = [
    [400, 'BadRequest', 'Invalid'],
    [401, 'Unauthorized', 'Unavailable'],
    [403, 'Forbidden', 'Forbidden'],
    [404, 'NotFound', 'NotFound'],
    [409, 'Conflict', 'Conflict'],
    [409, 'AlreadyExists', 'Conflict'],
    [410, 'Expired', 'Unavailable'],
    [413, 'RequestEntityTooLarge', 'TooLarge'],
    [422, 'Invalid', 'Invalid'],
    [429, 'TooManyRequests', 'Unavailable'],
    [500, 'InternalError', 'Unavailable'],
    [503, 'ServiceUnavailable', 'Unavailable'],
    [504, 'Timeout', 'Unavailable'],
  ];
  for (const [code, kubeReason, reason] of reasons) {
    it(`with ${code} ${kubeReason} is ${reason}`, () => {
      expect(refused(code, status(code, kubeReason, 'because'))).to.include({
        status: code,
        kubeReason,
        reason,
      });
    });
  }

  it('says which call it was and what the server said, with the field', () => {
    const message =
      'GovernancePolicy.governance.keeptrusts.com "p" is invalid: spec.mode: Unsupported value: "X"';
    const error = refused(422, status(422, 'Invalid', message));
    expect(error.message).to.equal(`apply ConfigMap/team-a/x: ${message}`);
  });

  it('for a field that the schema lacks is Invalid, though the server calls it its own fault', () => {
    const message =
      'failed to create typed patch object (a/b; apps/v1, Kind=Deployment): .spec.nonsense: field not declared in schema';
    const error = refused(500, status(500, '', message));
    expect(error.reason).to.equal('Invalid');
    expect(error.message).to.include('.spec.nonsense');
  });

  it('for a whole object that is too long is TooLarge, for a field that is, Invalid', () => {
    const causes = (field: string): object => ({ causes: [{ reason: 'FieldValueTooLong', field }] });
    expect(refused(422, status(422, 'Invalid', 'long', causes('[]'))).reason).to.equal('TooLarge');
    expect(refused(422, status(422, 'Invalid', 'long', causes('spec.name'))).reason).to.equal('Invalid');
    expect(refused(500, status(500, '', 'etcdserver: request is too large')).reason).to.equal('TooLarge');
  });

  it('of a uid that another object has by now is a Conflict', () => {
    const causes = [{ reason: 'FieldValueInvalid', field: 'metadata.uid', message: 'field is immutable' }];
    expect(refused(422, status(422, 'Invalid', 'immutable', { causes })).reason).to.equal('Conflict');
  });

  it('for what is to be made in a namespace that is being deleted, or is gone, is Ending', () => {
    const ending = status(403, 'Forbidden', 'because it is being terminated');
    const causes = [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }];
    expect(refused(403, { ...ending, details: { kind: 'configmaps', causes } }).reason).to.equal('Ending');
    const gone = status(404, 'NotFound', 'namespaces "team-a" not found');
    expect(refused(404, { ...gone, details: { name: 'team-a', kind: 'namespaces' } }).reason).to.equal(
      'Ending',
    );
    expect(refused(404, { ...gone, details: { name: 'x', kind: 'configmaps' } }).reason).to.equal('NotFound');
  });

  it('without a readable body names the status alone', () => {
    for (const body of ['<html>secret</html>', '', 'null', '[]', '"x"', '{"message": 5}']) {
      expect(refused(502, body).message).to.equal('apply ConfigMap/team-a/x: HTTP 502');
    }
  });

  it('is cut where the server says too much', () => {
    expect(refused(422, status(422, 'Invalid', 'x'.repeat(100_000))).message.length).to.be.lessThan(1100);
  });

  it('keeps the wait that the server asks for, from the header before the body', () => {
    const body = JSON.stringify(status(429, 'TooManyRequests', 'slow', { retryAfterSeconds: 7 }));
    expect(refusal(429, body, 'x').retryAfterMs).to.equal(7000);
    expect(refusal(429, body, 'x', 2000).retryAfterMs).to.equal(2000);
  });
});

describe('no answer', () => {
  it('is told by the code of its innermost cause', () => {
    const cause = Object.assign(new Error('connect to 10.0.0.1'), { code: 'ECONNREFUSED' });
    const error = noAnswer(new TypeError('fetch failed', { cause }), 'get X/a/b');
    expect(error).to.include({ status: 0, reason: 'Unavailable' });
    expect(error.message).to.equal('get X/a/b: no answer from the API server: ECONNREFUSED');
  });
});
