/** `npm run bench:redis` measures what a revocation list on Redis costs. docs/operations.md quotes the results. */
import KeyvRedis from '@keyv/redis';
import { createAuthClient } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import Keyv from 'keyv';
import { startRedis } from '../test/redis/redis-server.js';

const REVOKED = 100_000;
const QUESTIONS = 10_000;
const secret = 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^';

const redis = await startRedis();
const adapter = new KeyvRedis(redis.url, { throwOnErrors: true });
const store = new Keyv({ store: adapter, throwOnErrors: true });
const revocation = createRevocationList(store, { timeout: '10s' });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const usedMemory = async (): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory')))?.[1]);
const processorOfRedis = async (): Promise<number> => {
  const info = String(await redis.command('INFO', 'cpu'));
  return ['user', 'sys'].reduce(
    (sum, kind) => sum + Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(info)?.[1]),
    0,
  );
};

/** Measures wall-clock and CPU microseconds per question, with `width` concurrent questions. */
async function measure(what: string, width: number, ask: () => Promise<unknown>): Promise<void> {
  for (let round = 0; round < 3000; round += width) await Promise.all(Array.from({ length: width }, ask));
  const [began, cpu, ofRedis] = [performance.now(), process.cpuUsage(), await processorOfRedis()];
  for (let done = 0; done < QUESTIONS; done += width) await Promise.all(Array.from({ length: width }, ask));
  const wall = ((performance.now() - began) * 1000) / QUESTIONS;
  const { user, system } = process.cpuUsage(cpu);
  const redisCpu = (((await processorOfRedis()) - ofRedis) * 1e6) / QUESTIONS;
  say(
    `${what}, ${width} at a time: ${wall.toFixed(0)} µs, CPU ${((user + system) / QUESTIONS).toFixed(0)} µs here and ${redisCpu.toFixed(1)} µs in Redis`,
  );
}

try {
  const plain = createAuthClient({ secret, issuer: 'my-service' });
  const listed = createAuthClient({ secret, issuer: 'my-service', revocation });
  const token = await listed.sign({}, { subject: 'user-1' });
  const withoutSubject = await listed.sign({});
  await measure('verify without a list', 1, () => plain.verify(token));
  for (const width of [1, 100]) {
    await measure('verify with a list, jti and subject', width, () => listed.verify(token));
    await measure('verify with a list, jti alone', width, () => listed.verify(withoutSubject));
  }

  const before = await usedMemory();
  const exp = Math.floor(Date.now() / 1000) + 3600;
  for (let id = 0; id < REVOKED; id += 500) {
    const batch = Array.from({ length: 500 }, (_, n) =>
      revocation.revoke({ iss: 'my-service', jti: `${id + n}`, exp }),
    );
    await Promise.all(batch);
  }
  say(`one revoked token takes ${(((await usedMemory()) - before) / REVOKED).toFixed(0)} bytes of Redis`);
} finally {
  await adapter.disconnect(true);
  await redis.close();
}
