import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate that signed itself, for `localhost` and 127.0.0.1, and its key; both PEM. Node cannot make one. */
export function selfSignedCertificate(): { certificate: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const name = sequence(tag(0x31, sequence(oid(0x55, 0x04, 0x03), tag(0x0c, Buffer.from('localhost')))));
  const time = (ms: number): Buffer =>
    tag(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
  const day = 86_400_000;
  const names = sequence(tag(0x82, Buffer.from('localhost')), tag(0x87, Buffer.from([127, 0, 0, 1])));
  const isAuthority = sequence(tag(0x01, Buffer.from([0xff])));
  const content = sequence(
    tag(0xa0, tag(0x02, Buffer.from([2]))),
    tag(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(time(Date.now() - day), time(Date.now() + day)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    tag(
      0xa3,
      sequence(
        sequence(oid(0x55, 0x1d, 0x11), tag(0x04, names)),
        sequence(oid(0x55, 0x1d, 0x13), tag(0x04, isAuthority)),
      ),
    ),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', content, privateKey)]);
  const der = sequence(content, ecdsaWithSha256, tag(0x03, signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    certificate: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

const sequence = (...parts: Buffer[]): Buffer => tag(0x30, ...parts);
const oid = (...bytes: number[]): Buffer => tag(0x06, Buffer.from(bytes));

/** DER: a tag, the length and the content. */
function tag(id: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([id, ...size]), content]);
}
