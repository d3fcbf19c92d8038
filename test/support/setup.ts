// Runs in every test file. It makes a test fail if the test prints something or tries to reach another machine. It uses no
// spies, because a test could restore them. It does not cover child processes.
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { afterAll, afterEach, expect, vi } from 'vitest';
import { beyondLoopback } from './loopback-only.js';

const printed: string[] = [];

// Warnings of Node and of other packages are allowed, because they depend on their versions.
const WARNING = /^\((node:\d+\)|Use `node )/;
const print = (text: unknown): boolean => WARNING.test(String(text)) || printed.push(String(text)) > 0;
process.stdout.write = print;
process.stderr.write = print;
globalThis.console = new Console(new Writable({ write: (text, _, done) => done(void print(text)) }));
const onWarning = ({ name, message }: Error) => name === 'AuthWarning' && print(message);
process.on('warning', onWarning);

const expectSilence = async (): Promise<void> => {
  await new Promise(process.nextTick); // Node emits a warning one tick later.
  expect(printed.splice(0), 'a test prints to the console').toEqual([]);
  expect(beyondLoopback.splice(0), 'a test reaches another machine').toEqual([]);
};
afterEach(expectSilence);
afterAll(expectSilence);
// The worker runs other test files next, so nothing may stay replaced.
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
afterAll(() => void process.off('warning', onWarning));
// `@hono/node-server` replaces these classes when it starts.
const replaced = ['Request', 'Response'].map((name) => ({
  name,
  original: Object.getOwnPropertyDescriptor(globalThis, name) ?? {},
}));
afterAll(() => {
  for (const { name, original } of replaced) Object.defineProperty(globalThis, name, original);
});
