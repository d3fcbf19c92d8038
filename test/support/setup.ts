// Runs in every test file. A test fails when it prints, or when it looks beyond this machine: a test run is silent,
// and it needs no network. Nothing here is a spy, which a test could restore. Processes of a test are not covered.
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { afterAll, afterEach, expect, vi } from 'vitest';
import { beyondLoopback } from './loopback-only.js';

const printed: string[] = [];

// What Node and other packages warn of differs from one version to the next, and is not ours to stop.
const WARNING = /^\((node:\d+\)|Use `node )/;
const print = (text: unknown): boolean => WARNING.test(String(text)) || printed.push(String(text)) > 0;
process.stdout.write = print;
process.stderr.write = print;
globalThis.console = new Console(new Writable({ write: (text, _, done) => done(void print(text)) }));
const onWarning = ({ name, message }: Error) => name === 'AuthWarning' && print(message);
process.on('warning', onWarning);

const expectSilence = async (): Promise<void> => {
  await new Promise(process.nextTick); // Node tells of a warning a tick later.
  expect(printed.splice(0), 'a test prints nothing').toEqual([]);
  expect(beyondLoopback.splice(0), 'a test reaches nothing beyond this machine').toEqual([]);
};
afterEach(expectSilence);
afterAll(expectSilence);
// A worker goes on to other files, which must find nothing replaced.
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
afterAll(() => void process.off('warning', onWarning));
