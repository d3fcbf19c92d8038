/** `npm run test:redis`: the revocation list and the shared keys on a real Redis, which is paused, killed and filled. */
import { spawnSync } from 'node:child_process';

if (spawnSync('redis-server', ['--version']).status !== 0) {
  process.stderr.write(
    'There is no redis-server here: install it, on Debian by "apt-get install redis-server".\n',
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
