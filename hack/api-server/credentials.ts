import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { files } from './arguments.ts';

/**
 * Writes the key pair that signs service-account tokens, and one token for the administrator, which it returns.
 *
 * The API server signs its own serving certificate, so that nothing here needs to make certificates.
 */
export function writeCredentials(folder: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const token = randomBytes(24).toString('hex');
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  write(files.signingKey, privateKey);
  write(files.verificationKey, publicKey);
  write(files.tokens, `${token},admin,admin,"system:masters"\n`);
  return token;
}
