/** `npm run test:redis` tests the revocation list and shared keys with a real Redis that is paused, killed and filled. */
import { spawnSync } from 'node:child_process';

if (spawnSync('redis-server', ['--version']).status !== 0) {
  process.stderr.write(
    'redis-server was not found. Install it; on Debian, run "apt-get install redis-server".\n',
  );
  process.exit(1);
}
const { status } = spawnSync(
  'vitest',
  ['run', '--config', 'vitest.redis.config.ts', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
