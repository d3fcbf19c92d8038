// Makes every entry of the package throw.
import { AuthError, createAuthClient } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { getAuthClient } from 'intentkit-auth/functions';
import { protectApi } from 'intentkit-auth/http';
import { createIntrospection } from 'intentkit-auth/introspection';
import { protectMcp } from 'intentkit-auth/mcp';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createTestIssuer } from 'intentkit-auth/testing';

const wrong = undefined as never;
const FAILURES: Readonly<Record<string, () => unknown>> = {
  '.': () => createAuthClient(wrong),
  './functions': () => getAuthClient({ providers: {} }),
  './revocation': () => createRevocationList(wrong),
  './http': () => protectApi(wrong, wrong),
  './introspection': () => createIntrospection(wrong),
  './downstream': () => createDownstream(wrong),
  './mcp': () => protectMcp(wrong, wrong),
  './testing': () => createTestIssuer({ url: 'nowhere' }),
};

/** The class of the error that each entry throws. `AuthError` is only the one that the root entry exports. */
export async function errorsOfEntries(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [entry, fail] of Object.entries(FAILURES)) {
    try {
      await fail();
    } catch (error) {
      found[entry] = error instanceof AuthError ? 'AuthError' : `another ${(error as Error).name}`;
    }
  }
  return found;
}
