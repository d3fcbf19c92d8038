import type { CallToolResult } from '@modelcontextprotocol/server';
import type { FunctionContext, IntentFunction } from 'intentkit';
import { AuthError, createAuthClient } from 'intentkit-auth';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { describe, expect, it } from 'vitest';
import { run } from '../../../cli/run.js';
import { callFunction } from '../../../host/src/call.js';
import { freezeClock, NOW } from '../../support/clock.js';
import { fakeIo } from '../../support/fake-io.js';
import { ADVICE, HOPELESS, LIFETIMES, WRAPPED } from '../../support/first-tries.js';
import { SECRET } from '../../support/secrets.js';

freezeClock();

const client = createAuthClient({ secret: SECRET, maxExpiry: '30d' });
const context: FunctionContext = { providers: { auth: client }, role: 'admin', events: undefined };
const call = (fn: IntentFunction, args: object): Promise<CallToolResult> =>
  callFunction(fn, args, context, expect.unreachable);
const textOf = ({ content: [block] }: CallToolResult): string => (block?.type === 'text' ? block.text : '');

const token = await createAuthClient({ secret: SECRET }).sign({ role: 'editor' }, { expiresIn: '100y' });

/** What the client, the functions and `inspect` say of a text. The client and the functions must agree. */
async function answersTo(text: string) {
  const { reason, message = '' } = await client.verify(text);
  expect(() => client.decode(text)).toThrow(new AuthError('ERR_TOKEN_MALFORMED', message));
  expect((await call(verifyToken, { token: text })).structuredContent).toEqual({
    valid: false,
    expired: false,
    reason,
    message,
    payload: {},
  });
  expect(await call(decodeToken, { token: text })).toEqual({
    isError: true,
    content: [{ type: 'text', text: message }],
  });
  const world = fakeIo(text);
  const status = await run(['inspect', '--json'], world.io);
  return { reason, message, inspected: { status, ...JSON.parse(world.stdout()) } };
}

/** What is left of some text when `inspect` has removed its spaces. */
const NOT_ALONE =
  'The token is not three non-empty segments of canonical base64url. Give all characters of the token, and no others.';

describe('A token that is not a bare JWT', () => {
  it.each(WRAPPED)(
    'with %s is used at the second try by an agent that does what the message says',
    async (_, wrap, sentences = 1) => {
      /a/.exec('a');
      const { reason, message, inspected } = await answersTo(wrap(token));
      expect(reason).toBe('malformed');
      const advice = ADVICE.filter(([sentence]) => message.includes(sentence));
      expect(advice).toHaveLength(sentences);
      const inOrder = advice.toSorted(([one], [other]) => message.indexOf(one) - message.indexOf(other));
      const second = inOrder.reduce((text, [, follow]) => follow(text), wrap(token));
      expect(second).toBe(token);
      // `inspect` does the same by itself.
      expect(inspected).toMatchObject({ status: 0, claims: { role: 'editor' } });
    },
  );

  it.each(HOPELESS)(
    'that is %s is answered everywhere by the same sentence: %s',
    async (_, message, make) => {
      const { inspected, ...answer } = await answersTo(make(token));
      expect(answer).toEqual({ reason: 'malformed', message });
      expect(message).not.toContain(token.slice(0, 12));
      // `inspect` removes what is around a token, and shows one without a whole signature.
      if (inspected.status === 1) expect(message + NOT_ALONE).toContain(inspected.error);
      else expect(inspected).toMatchObject({ verified: false, claims: { role: 'editor' } });
    },
  );
});

describe('A lifetime that is refused', () => {
  it.each(LIFETIMES)(
    'as %s is accepted at the second try by an agent that writes what the message says',
    async (_, make, proposed) => {
      const given = make(NOW);
      const answer = await call(createToken, { expires_in: given });
      const sentence = textOf(answer);
      expect(answer).toEqual({ isError: true, content: [{ type: 'text', text: sentence }] });
      expect(sentence).toMatch(/^"expires_in" [^\n]{10,250}\.$/);
      // `sign` refuses every option that is null in one way.
      if (given !== null) {
        await expect(client.sign({}, { expiresIn: given as string })).rejects.toEqual(
          new AuthError('ERR_SIGN_INPUT', sentence.replace('expires_in', 'expiresIn')),
        );
      }
      const [, write = ''] =
        /(?:[Ww]rite (?:for example )?|seconds as |at most |default is )("[^"]+")/.exec(sentence) ?? [];
      const second = await call(createToken, { expires_in: JSON.parse(write) });
      expect(second.structuredContent).toMatchObject({
        expires_at: NOW + proposed,
        expires_in_seconds: proposed,
      });
    },
  );

  it.each([
    [3600, '"expires_in" needs a unit: write 3600 seconds as "3600s".'],
    [
      'tomorrow noon',
      '"expires_in" must be a lifetime: a duration from now with one unit. Write for example "1h". It is 2025-06-15T15:06:40Z now, the default is "1h", and the maximum is "30d".',
    ],
    [
      '2025-06-15T15:06:39Z',
      '"expires_in" must be a lifetime: a duration from now with one unit. That time has passed: write for example "1h". It is 2025-06-15T15:06:40Z now, the default is "1h", and the maximum is "30d".',
    ],
    [
      'P2M',
      '"expires_in" must be a lifetime: a duration from now with one unit. That is too long: write at most "30d". It is 2025-06-15T15:06:40Z now, the default is "1h", and the maximum is "30d".',
    ],
    ['90d', '"expires_in" must be at most "30d". The default is "1h".'],
    [0, '"expires_in" must be at least "1s". The default is "1h".'],
  ])('of %j is answered by: %s', async (expires_in, sentence) => {
    expect(textOf(await call(createToken, { expires_in }))).toBe(sentence);
  });
});
