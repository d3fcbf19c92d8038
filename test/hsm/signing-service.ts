import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Pkcs11 } from './soft-hsm.js';

const PROGRAM = fileURLToPath(new URL('signer.ts', import.meta.url));

/** A key of the HSM, and how to sign with it. */
export interface HsmKey {
  readonly id: string;
  /** A mechanism, as `pkcs11-tool` names it. */
  readonly mechanism: string;
  /** Of ECDSA: `openssl` is DER. Default: `r` followed by `s`. */
  readonly 'signature-format'?: 'openssl';
}

export interface SigningService {
  /** Asks the service for a signature. Rejects if the service or the HSM does not answer. */
  sign(key: HsmKey, data: Uint8Array): Promise<ArrayBuffer>;
  /** Suspends the process: it accepts connections, but does not answer. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** Starts the service again, on the same port. */
  restart(): Promise<void>;
}

/** Starts `signer.ts` in a process of its own, on a free loopback port. */
export async function startSigningService({ login, env }: Pkcs11): Promise<SigningService> {
  let child: ChildProcess;
  let port = 0;
  async function start(): Promise<void> {
    const options = JSON.stringify({ login, env, port });
    child = fork(PROGRAM, [options], { execArgv: ['--import', 'tsx'] });
    const [address] = (await once(child, 'message')) as [AddressInfo];
    port = address.port;
  }
  await start();
  return {
    async sign(key, data) {
      // Connections to a service that was killed are not used again.
      const headers = { connection: 'close' };
      const url = `http://127.0.0.1:${port}/?${new URLSearchParams({ ...key })}`;
      const response = await fetch(url, { method: 'POST', body: new Uint8Array(data), headers });
      if (!response.ok) throw new Error(`The signing service answered with status ${response.status}.`);
      return response.arrayBuffer();
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async kill() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
    restart: start,
  };
}
