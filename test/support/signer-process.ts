import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

// The private key never leaves this process, as with a key management service. It answers in DER unless asked for `r` and `s`.
const PROGRAM = `
import { generateKeyPairSync, sign } from 'node:crypto';
const options = JSON.parse(process.argv[2]);
const { privateKey, publicKey } = generateKeyPairSync(options.type, options.parameters);
process.on('message', ({ id, data }) => {
  const key = { key: privateKey, dsaEncoding: options.encoding ?? 'der' };
  process.send({ id, signature: sign(options.hash, Buffer.from(data, 'base64'), key).toString('base64') });
});
process.send(publicKey.export({ format: 'pem', type: 'spki' }));
`;

/** The key pair of the process, as arguments of `generateKeyPairSync`, and how it signs. */
export interface SignerOptions {
  readonly type: 'ec' | 'ed25519' | 'rsa';
  readonly parameters: object;
  readonly hash: string | null;
  readonly encoding?: 'der' | 'ieee-p1363';
}

/** Starts a process that creates a key pair and signs with it. It ends with the test. */
export async function startSigner(options: SignerOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-signer-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'signer.mjs');
  await writeFile(file, PROGRAM);
  const child = fork(file, [JSON.stringify(options)], { execArgv: [] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [publicKey] = await once(child, 'message');
  const waiting = new Map<number, (signature: Buffer) => void>();
  child.on('message', ({ id, signature }: { id: number; signature: string }) => {
    waiting.get(id)?.(Buffer.from(signature, 'base64'));
    waiting.delete(id);
  });
  let last = 0;
  const sign = (data: Uint8Array): Promise<Buffer> =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      child.send({ id: last, data: Buffer.from(data).toString('base64') });
    });
  return {
    publicKey: String(publicKey),
    sign,
    stop: () => child.kill('SIGSTOP'),
    go: () => child.kill('SIGCONT'),
  };
}
