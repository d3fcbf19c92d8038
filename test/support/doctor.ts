import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { vi } from 'vitest';
import { run } from '../../cli/run.js';
import { fakeIo, unwrapped } from './fake-io.js';

export const ISSUER = 'https://id.example.com/tenant-a';
export const KEYS = `${ISSUER}/.well-known/jwks.json`;

/** The answer of a URL that replaces the issuer's answer. */
export type Answers = Readonly<Record<string, () => Response | Promise<Response>>>;

/** Starts an issuer in memory. Every `fetch` reaches it, except for URLs with their own answer. */
export async function startIssuer(answers: Answers = {}): Promise<TestIssuer> {
  const issuer = await createTestIssuer({ url: ISSUER, audience: 'my-api' });
  vi.stubGlobal('fetch', async (input: URL | string, init?: RequestInit) => {
    const answer = Object.hasOwn(answers, String(input)) ? answers[String(input)] : undefined;
    return answer ? answer() : issuer.fetch(input, init);
  });
  return issuer;
}

/** Runs the doctor. Without other `args`, the issuer and the audience are those of {@link startIssuer}. */
export async function diagnose(token?: string, ...args: readonly string[]) {
  const world = fakeIo(token);
  const given = (option: string, value: string) => (args.includes(option) ? [] : [option, value]);
  const status = await run(
    ['doctor', ...given('--issuer', ISSUER), ...given('--audience', 'my-api'), ...args],
    world.io,
  );
  return { status, said: unwrapped(world.stdout()) };
}
