import { DISCOVERY_ACCEPT, discoveryUrls, endpointOf } from './discovery.js';
import { FetchError } from './fetch-error.js';
import { type DocumentRequest, fetchJson } from './fetch-json.js';

/** A metadata document that was read and must not be used. */
export class WrongMetadata extends FetchError {
  constructor(problem: string) {
    super('unusable', problem);
  }
}

/** What to find: a member of the metadata of an issuer. */
export interface Wanted {
  readonly issuer: string;
  /** The member that has the URL, such as `jwks_uri`. */
  readonly member: string;
  /** Whether the URL may be `http:` on another machine. */
  readonly allowHttp: boolean;
}

/**
 * Returns a URL from the first document that names this issuer and has the URL. Many providers serve only one of the two
 * documents.
 *
 * @throws {WrongMetadata} with the problem of the first document that could be read.
 * @throws {FetchError} with the reasons why both requests failed.
 */
export async function discover(
  { issuer, member, allowHttp }: Wanted,
  request: Omit<DocumentRequest, 'url' | 'accept'>,
): Promise<{ url: URL; ageMs: number }> {
  const problems: string[] = [];
  const failures: FetchError[] = [];
  for (const place of discoveryUrls(issuer)) {
    try {
      const { document, ageMs } = await fetchJson({ ...request, url: place, accept: DISCOVERY_ACCEPT });
      const url = endpointOf(document, member, issuer, allowHttp);
      if (url instanceof URL) return { url, ageMs };
      problems.push(url);
    } catch (error) {
      failures.push(error as FetchError);
    }
  }
  const [problem] = problems;
  if (problem !== undefined) throw new WrongMetadata(problem);
  const reasons = new Set(failures.map(({ message }) => message));
  const retryAfterMs = Math.max(...failures.map((failure) => failure.retryAfterMs));
  const message = `the discovery failed: ${[...reasons].join(', and then ')}`;
  throw new FetchError(failures[0]?.kind ?? 'unusable', message, { retryAfterMs });
}
