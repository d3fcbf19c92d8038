import { type ReadableTime, readTime } from '../../src/shared/readable-time.js';
import { sentencesOf } from '../../src/token/mistakes.js';
import { UsageError } from '../arguments.js';
import { bounded, boundedEntries, shownValue } from '../bounded.js';
import type { ExitCode, Io } from '../io.js';
import { isReadable, type ReadableToken, readToken } from '../read-token.js';
import { type Paint, painter, printable, printableJson } from '../text.js';
import { unusual } from './unusual.js';

/** The claims of RFC 7519 and OpenID Connect that are times. */
const TIMES = ['exp', 'nbf', 'iat', 'auth_time', 'updated_at'];

/** Prints the token on stdin. It verifies nothing. */
export async function inspect({ json = false }: { json?: boolean | undefined }, io: Io): Promise<ExitCode> {
  const text = await io.readStdin();
  if (text === undefined)
    throw new UsageError('Give the token on stdin: echo "$TOKEN" | npx intentkit-auth inspect');
  const token = readToken(text);
  if (!isReadable(token)) {
    const error = sentencesOf(token);
    if (json) io.writeOut(`${JSON.stringify({ error })}\n`);
    else io.writeError(`${error}\n`);
    return 1;
  }
  const { header, claims } = token;
  const now = io.now();
  const times = timesOf(token, now);
  const remarks = unusual(token, now);
  io.writeOut(
    json
      ? `${printableJson({ verified: false, header: bounded(header), claims: bounded(claims), times, unusual: remarks })}\n`
      : asText(token, times, remarks, painter(io.hasColour)),
  );
  return 0;
}

const timesOf = ({ claims }: ReadableToken, now: number): Record<string, ReadableTime> =>
  Object.fromEntries(
    TIMES.filter((name) => Object.hasOwn(claims, name)).flatMap((name) => {
      const time = readTime(claims[name], now);
      return time ? [[name, time]] : [];
    }),
  );

function asText(
  { header, claims }: ReadableToken,
  times: Record<string, ReadableTime>,
  remarks: readonly string[],
  paint: Paint,
): string {
  const row = (name: string, value: unknown): string => {
    const time = Object.hasOwn(times, name) ? times[name] : undefined;
    const shown = shownValue(value) + (time ? paint('dim', `  ${time.iso}, ${time.relative}`) : '');
    return `  ${printable(name).padEnd(10)} ${shown}`;
  };
  const part = (title: string, lines: readonly string[]): string[] => [paint('bold', title), ...lines, ''];
  return `${[
    ...part(
      'Header',
      boundedEntries(header).map(([name, value]) => row(name, value)),
    ),
    ...part(
      'Claims (not verified)',
      boundedEntries(claims).map(([name, value]) => row(name, value)),
    ),
    ...part(
      'Unusual',
      remarks.length > 0 ? remarks.map((remark) => `  ${paint('bad', remark)}`) : ['  Nothing.'],
    ),
  ].join('\n')}`;
}
