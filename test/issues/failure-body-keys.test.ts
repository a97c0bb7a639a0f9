import { expect } from 'chai';
import { readFailureBody } from '../../gateway/pipeline/failure-body.ts';

/** A provider that quotes the request in the keys of its error got them past every policy. */
describe('issue: keys of a passed error were not looked at', () => {
  const body = Buffer.from('{"error":{"message":"a","ssn 123":{"\\u0062":[1]}}}');

  it('each key is a leaf, and its path does not repeat it', () => {
    const { leaves } = readFailureBody(body)!;
    expect(leaves.map(({ text }) => text)).to.have.members(['error', 'message', 'a', 'ssn 123', 'b']);
    expect(leaves.map(({ path }) => path).join()).not.to.match(/ssn|123/);
  });

  it('a key can be masked, and nothing else changes', () => {
    const read = readFailureBody(body)!;
    const { ref } = read.leaves.find(({ text }) => text === 'ssn 123')!;
    expect(read.withEdits([{ ref, text: '[SSN]' }]).toString()).to.equal(
      '{"error":{"message":"a","[SSN]":{"\\u0062":[1]}}}',
    );
  });
});
