import { LineVerifier, type VerifyOptions, type VerifyReport } from '../../gateway/contract/verify-lines.ts';

/** Verifies records that are at hand. */
export function verifyLines(records: Iterable<Uint8Array>, options: VerifyOptions = {}): VerifyReport {
  const verifier = new LineVerifier(options);
  for (const record of records) verifier.add(record);
  return verifier.finish();
}
