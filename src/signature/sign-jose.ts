import { encodeUtf8 } from '../shared/runtime.js';
import { loadSign } from './load-jose.js';

/** Signs claims, given as JSON, with jose. The extensions in `crit` are only for their readers, so jose need not know them. */
export async function signByJose(
  claims: string,
  header: { readonly alg: string; readonly crit?: unknown },
  key: CryptoKey,
): Promise<string> {
  const { CompactSign } = await loadSign();
  const critical = Array.isArray(header.crit) ? header.crit : [];
  return new CompactSign(encodeUtf8(claims))
    .setProtectedHeader({ ...header } as { alg: string })
    .sign(key, { crit: Object.fromEntries(critical.map((name) => [name, false])) });
}
