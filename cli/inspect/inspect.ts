import { type ReadableTime, readTime } from '../../src/shared/readable-time.js';
import { sentencesOf } from '../../src/token/mistakes.js';
import { UsageError } from '../arguments.js';
import { bounded, boundedEntries, shownValue } from '../bounded.js';
import type { ExitCode, Io } from '../io.js';
import { isReadable, type ReadableToken, readToken } from '../read-token.js';
import { type Paint, painter, printable, printableJson } from '../text.js';
import { paragraph, WIDTH, wrapped } from '../wrap.js';
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
    else io.writeError(paragraph(error));
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
    const [first = '', ...more] = wrapped(shownValue(value), WIDTH - INDENT.length);
    const label = `  ${printable(name).padEnd(10)} `;
    const start =
      label.length + first.length > WIDTH ? [label.trimEnd(), `${INDENT}${first}`] : [label + first];
    const shown = [...start, ...more.map((line) => INDENT + line)].join('\n');
    return shown + (time ? paint('dim', `  ${time.iso}, ${time.relative}`) : '');
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
      remarks.length > 0 ? remarks.flatMap((remark) => remarkLines(remark, paint)) : ['  Nothing.'],
    ),
  ].join('\n')}`;
}

/** As wide as the name in front of a value. */
const INDENT = ' '.repeat(13);

/** A remark, whose further lines are indented. */
const remarkLines = (remark: string, paint: Paint): string[] =>
  wrapped(remark, WIDTH - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${paint('bad', line)}`);
