import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const options = {
  config: false,
  watch: false,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  include: ['test/contract/setup.fixture.ts'],
  setupFiles: ['test/support/setup.ts'],
  reporters: ['json'],
};
const program = `import { startVitest } from 'vitest/node';
await (await startVitest('test', [], ${JSON.stringify(options)})).close();
process.exitCode = 0;`;

interface Run {
  testResults: { assertionResults: { title: string; failureMessages: string[] }[] }[];
}

it('A test fails if it prints or connects to another machine, by any way', async () => {
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: options.root });
  const { testResults } = JSON.parse(stdout) as Run;
  // The first word of a title is that of the complaint: "prints", "reaches", or "stays" for none.
  const [results = []] = testResults.map(({ assertionResults }) => assertionResults);
  const complaints = results.map(
    ({ failureMessages: [why = 'a test stays'] }) => /a test (\w+)/.exec(why)?.[1],
  );
  expect(complaints).toEqual(results.map(({ title }) => title.split(' ')[0]));
  expect(complaints).toHaveLength(14);
}, 60_000);
