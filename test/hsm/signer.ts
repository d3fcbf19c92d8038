/**
 * A signing service in a process of its own, as a company would have one in front of its HSM. It signs with `pkcs11-tool`. It
 * answers `POST /?id=01&mechanism=ECDSA` with the signature of the body, or with 503 if the HSM does not sign.
 */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Pkcs11 } from './soft-hsm.js';

const { login, port, env } = JSON.parse(process.argv[2] ?? '{}') as Pkcs11 & { port: number };

const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
  const words = ['id', 'mechanism', 'signature-format'].flatMap((name) => {
    const value = searchParams.get(name);
    return value === null ? [] : [`--${name}`, value];
  });
  // Without files for input and output, the tool reads from stdin and writes the signature to stdout.
  const { status, stdout } = spawnSync('pkcs11-tool', [...login, '--sign', ...words], {
    input: await buffer(request),
    env,
  });
  response.writeHead(status === 0 ? 200 : 503).end(stdout);
});
server.listen(port, '127.0.0.1', () => process.send?.(server.address()));
