import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startJwksServer } from '../../test/support/jwks-server.js';
import { OURS } from '../contenders/ours.js';
import { PROJECT } from '../installed.js';
import { inRounds } from '../rounds.js';
import { measured, ratio } from '../statistics.js';
import type { Row, Table } from '../table.js';
import { type Algorithm, AUDIENCE, goodToken, ISSUER, issuerOf, jwkOf, keyTextOf } from '../tokens.js';

const rules = { issuer: ISSUER, audience: AUDIENCE };
const START = 'const { secret, jwksUrl, token, rules } = JSON.parse(process.env.TASK);';
const END = 'const { user, system } = process.cpuUsage(); process.stdout.write(String(user + system));';
/** The programs that fresh processes run between `START` and `END`. */
const PROGRAMS = {
  nothing: '',
  [OURS]: `
    import { createAuthClient } from 'intentkit-auth';
    const { valid } = await createAuthClient({ ...(secret ? { secret } : { jwksUrl }), ...rules }).verify(token);
    if (!valid) throw new Error('A valid token is refused.');`,
  jose: `
    import { createRemoteJWKSet, jwtVerify } from 'jose';
    const key = secret ? new TextEncoder().encode(secret) : createRemoteJWKSet(new URL(jwksUrl));
    await jwtVerify(token, key, { ...rules, algorithms: [secret ? 'HS256' : 'RS256'] });`,
};

const row = (algorithm: Algorithm, keys: 'secret' | 'JWKS'): Row => ({
  name: `first token, ${algorithm} with a ${keys}`,
  async measure(rounds) {
    const issuer = issuerOf(algorithm);
    const server = await startJwksServer({ keys: keys === 'JWKS' ? [jwkOf(issuer)] : [] });
    const source = keys === 'JWKS' ? { jwksUrl: server.url } : { secret: keyTextOf(issuer).toString() };
    const TASK = JSON.stringify({ ...source, token: goodToken(issuer), rules });
    const times = await inRounds(rounds, PROGRAMS, async (program) => {
      const command = ['--input-type=module', '--eval', `${START}${program}\n${END}`];
      const options = { cwd: PROJECT, env: { ...process.env, TASK } };
      const { stdout } = await promisify(execFile)(process.execPath, command, options);
      return Number(stdout) / 1000;
    });
    await server.close();
    const { median: empty } = measured(times('nothing'), 'ms');
    const above = (name: string) => times(name).map((time) => time - empty);
    return [measured(above(OURS), 'ms'), measured(above('jose'), 'ms'), ratio(above('jose'), above(OURS))];
  },
});

export const firstToken: Table = {
  title: 'From the import to the first token',
  caption: `Processor time of a new process, minus that of an empty process; above 1.00 × jose, ${OURS} is faster.`,
  head: [OURS, 'jose', '× jose'],
  rows: [row('HS256', 'secret'), row('RS256', 'JWKS')],
};
