import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where Debian, other Linux distributions and Homebrew install the library. */
const LIBRARIES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];
const PIN = '123456';

/** How `pkcs11-tool` uses the token. */
export interface Pkcs11 {
  /** The arguments that select the module and log in. */
  readonly login: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface SoftHsm extends Pkcs11 {
  /** Generates a key pair in the HSM. Resolves to the public key, as PEM. The private key cannot be exported. */
  generate(id: string, type: string): Promise<string>;
  /** Removes the token, as if the HSM were unplugged. */
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  close(): Promise<void>;
}

/** Creates a SoftHSM with one token, in a folder of its own. */
export async function startHsm(): Promise<SoftHsm> {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-hsm-'));
  const [tokens, elsewhere, config] = ['tokens', 'elsewhere', 'softhsm2.conf'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await mkdir(tokens);
  await writeFile(
    config,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const env = { PATH: process.env.PATH ?? '', SOFTHSM2_CONF: config };
  const login = ['--module', LIBRARIES.find(existsSync) ?? 'libsofthsm2.so', '--login', '--pin', PIN];
  const label = ['--label', 'agents'];
  await run('softhsm2-util', ['--init-token', '--free', ...label, '--pin', PIN, '--so-pin', PIN], { env });
  return {
    login,
    env,
    async generate(id, type) {
      await run('pkcs11-tool', [...login, '--keypairgen', '--key-type', type, '--id', id], { env });
      const read = [...login, '--read-object', '--type', 'pubkey', '--id', id];
      const { stdout } = await run('pkcs11-tool', read, { env, encoding: 'buffer' });
      const lines = stdout.toString('base64').replaceAll(/.{64}/g, '$&\n');
      return `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`;
    },
    unplug: () => rename(tokens, elsewhere),
    plugIn: () => rename(elsewhere, tokens),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
